-- Rollouts: one row each, with the inputs that were frozen at its start. The rows are the truth; whoever decides
-- locks the row of the rollout, reads both tables, and writes what changed.
CREATE TABLE rollouts (
  -- uuidv7: sorts by the time of its start
  id text PRIMARY KEY,
  promotion_id text NOT NULL,
  pipeline text NOT NULL,
  environment text NOT NULL,
  -- name of the release, for people
  release text NOT NULL,
  -- the label that names failure domains, for clusters that join
  failure_domain text,
  items jsonb NOT NULL,
  plan jsonb NOT NULL,
  requested_by text NOT NULL,
  break_glass boolean NOT NULL,

  state text NOT NULL,
  reason text NOT NULL,
  -- index of the wave that runs; the number of waves when all are over
  wave integer NOT NULL,
  waves jsonb NOT NULL,
  sequence integer NOT NULL,
  accepted integer NOT NULL,
  late_failures integer NOT NULL,
  halted boolean NOT NULL,
  superseded boolean NOT NULL,
  -- the clock of the rollout: time in which a hub watched, in milliseconds, and when it was read last
  looked_at timestamptz(3) NOT NULL,
  elapsed_ms bigint NOT NULL,
  steady_from_ms bigint NOT NULL,
  -- when somebody has to look again; null: nothing can happen by time alone
  wake_at timestamptz(3),
  -- something may still happen without a person
  is_open boolean NOT NULL,

  created_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  finished_at timestamptz(3)
) WITH (fillfactor = 50);

CREATE INDEX rollouts_wake ON rollouts (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX rollouts_lane ON rollouts (pipeline, environment, id DESC);
CREATE INDEX rollouts_environment ON rollouts (environment) WHERE is_open;
CREATE INDEX rollouts_promotion ON rollouts (promotion_id);

-- A cluster in a rollout. It stays when the cluster itself is deleted.
CREATE TABLE rollout_clusters (
  rollout_id text NOT NULL REFERENCES rollouts (id) ON DELETE CASCADE,
  cluster_id text NOT NULL,
  -- the order of the plan
  position integer NOT NULL,
  name text NOT NULL,
  domain text,
  -- null: it joined later and catches up
  wave integer,
  state text NOT NULL,
  message text NOT NULL,
  cause text NOT NULL,
  goal text NOT NULL,
  touched integer NOT NULL,
  attempts integer NOT NULL,
  pinned boolean NOT NULL,
  catching_up boolean NOT NULL,
  previous jsonb NOT NULL,
  spent_ms bigint NOT NULL,
  counting_from_ms bigint,
  healthy_from_ms bigint,
  healthy_run text NOT NULL,
  ignored text NOT NULL,
  began_at timestamptz(3),
  ended_at timestamptz(3),
  PRIMARY KEY (rollout_id, cluster_id)
) WITH (fillfactor = 70);

CREATE INDEX rollout_clusters_cluster ON rollout_clusters (cluster_id, rollout_id DESC);
