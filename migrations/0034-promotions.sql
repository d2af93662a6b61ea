-- Releases on their way through the environments of pipelines.

-- One row an environment of a pipeline; its lock lets one replica at a time decide there.
CREATE TABLE promotion_lanes (
  pipeline text NOT NULL,
  environment text NOT NULL,
  PRIMARY KEY (pipeline, environment)
);

CREATE SEQUENCE promotion_ends;

CREATE TABLE promotions (
  -- uuidv7: sorts by the time of asking
  id text PRIMARY KEY,
  pipeline text NOT NULL,
  environment text NOT NULL,
  release_id text NOT NULL,
  release_name text NOT NULL,
  release_number integer NOT NULL,
  origin text NOT NULL CHECK (origin IN ('automatic', 'manual')),
  priority text NOT NULL CHECK (priority IN ('normal', 'hotfix')),
  requested_by text NOT NULL,
  state text NOT NULL CHECK (state IN ('Queued', 'Gating', 'Delivering', 'RollingOut', 'Verifying', 'RollingBack',
    'Promoted', 'Superseded', 'Failed', 'Aborted', 'RolledBack')),
  -- why it ended
  reason text NOT NULL,
  waiting_for text NOT NULL,
  waiting_until timestamptz,
  -- who made what it carries: {emails, tokens}
  authors jsonb NOT NULL,
  -- how far Git holds it
  delivery jsonb,
  rollout_id text,
  -- what a person wants of the rollout that runs: {end, reason}
  wish jsonb,
  on_failure text CHECK (on_failure IN ('rollback', 'pause', 'abort')),
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  rolled_out_at timestamptz,
  ended_at timestamptz,
  -- the order of the ends, whatever the clock did
  ended_order bigint,
  updated_at timestamptz NOT NULL,
  -- its pipeline has been deleted: one of the same name begins anew
  retired_at timestamptz,
  CHECK ((ended_at IS NULL) = (state IN ('Queued', 'Gating', 'Delivering', 'RollingOut', 'Verifying', 'RollingBack'))),
  CHECK (ended_at IS NULL OR reason <> '')
);

-- By itself the hub promotes a release to an environment at most once.
CREATE UNIQUE INDEX promotions_automatic ON promotions (pipeline, environment, release_id)
  WHERE origin = 'automatic' AND retired_at IS NULL;
CREATE INDEX promotions_moving ON promotions (id)
  WHERE state IN ('RollingOut', 'Verifying', 'RollingBack');
CREATE INDEX promotions_open ON promotions (pipeline, environment) WHERE ended_at IS NULL;
CREATE INDEX promotions_promoted ON promotions (pipeline, environment, ended_order DESC) WHERE state = 'Promoted';
CREATE INDEX promotions_lane ON promotions (pipeline, environment, id DESC);
CREATE INDEX promotions_release ON promotions (release_id, environment);
CREATE INDEX promotions_state ON promotions (state, id DESC);
CREATE INDEX promotions_withdrawal ON promotions (id) WHERE ended_at IS NOT NULL AND delivery ->> 'phase' = 'wait';

-- What the gates of a promotion said last.
CREATE TABLE promotion_gates (
  promotion_id text NOT NULL REFERENCES promotions (id) ON DELETE CASCADE,
  stage text NOT NULL CHECK (stage IN ('before', 'after')),
  name text NOT NULL,
  -- in the order of the pipeline
  position integer NOT NULL,
  type text NOT NULL,
  phase text NOT NULL CHECK (phase IN ('pass', 'wait', 'fail')),
  message text NOT NULL,
  until timestamptz,
  -- what is kept of the questions to the outside
  probe jsonb,
  PRIMARY KEY (promotion_id, stage, name)
);

-- What people said yes to. The person is kept as it was at that time.
CREATE TABLE promotion_approvals (
  -- in the order of the approvals
  seq bigint GENERATED ALWAYS AS IDENTITY,
  promotion_id text NOT NULL REFERENCES promotions (id) ON DELETE CASCADE,
  stage text NOT NULL CHECK (stage IN ('before', 'after')),
  release_id text NOT NULL,
  token_id text NOT NULL,
  token_name text NOT NULL,
  emails text[] NOT NULL,
  groups text[] NOT NULL,
  comment text NOT NULL,
  approved_at timestamptz NOT NULL,
  PRIMARY KEY (promotion_id, stage, release_id, token_id)
);

-- What rollouts told, in order, until the promotion has taken it in.
CREATE TABLE promotion_rollout_news (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  promotion_id text NOT NULL,
  rollout_id text NOT NULL,
  state text NOT NULL,
  reason text NOT NULL,
  told_at timestamptz NOT NULL
);

CREATE INDEX promotion_rollout_news_promotion ON promotion_rollout_news (promotion_id, seq);
