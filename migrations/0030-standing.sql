-- What the hub asks of clusters until it says otherwise: pins, freezes and vetoes.

-- One row a source that is pinned; a new pin takes the place of the old one.
CREATE TABLE pins (
  id text PRIMARY KEY,
  cluster_id text NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  source_kind text NOT NULL,
  source_namespace text NOT NULL,
  source_name text NOT NULL,
  revision text NOT NULL,
  reason text NOT NULL,
  requested_by text NOT NULL,
  rollout_id text,
  -- what two people let it pass, this pin passes, too
  promotion_id text,
  created_at timestamptz NOT NULL,
  UNIQUE (cluster_id, source_kind, source_namespace, source_name)
);

-- Lifted ones stay, so that people can read what happened.
CREATE TABLE vetoes (
  -- uuidv7: sorts by the time of asking
  id text PRIMARY KEY,
  -- without credentials
  url text NOT NULL,
  -- the same for all ways to reach the repository
  repository text NOT NULL,
  revision text NOT NULL,
  -- what is behind the last ":" or "@" of the revision
  revision_key text NOT NULL,
  reason text NOT NULL,
  requested_by text NOT NULL,
  rollout_id text,
  created_at timestamptz NOT NULL,
  lifted_at timestamptz,
  lifted_by text,
  lifted_reason text
);

CREATE UNIQUE INDEX vetoes_in_force ON vetoes (url, revision_key) WHERE lifted_at IS NULL;
CREATE INDEX vetoes_revision ON vetoes (revision_key) WHERE lifted_at IS NULL;

-- One row a cluster: the whole set as it goes over the wire, and its version.
CREATE TABLE standing_sets (
  cluster_id text PRIMARY KEY REFERENCES clusters (id) ON DELETE CASCADE,
  version bigint NOT NULL,
  -- StandingIntents without the version
  content bytea NOT NULL,
  -- what contents are compared by; empty when nothing is asked
  digest bytea NOT NULL,
  changed_at timestamptz NOT NULL
);

-- What each shard of an agent has got and has taken over.
CREATE TABLE standing_deliveries (
  cluster_id text NOT NULL,
  shard text NOT NULL,
  sent_version bigint NOT NULL DEFAULT 0,
  sent_at timestamptz,
  -- the last version that the agent keeps
  acknowledged_version bigint NOT NULL DEFAULT 0,
  -- the last version that it answered, and why it did not take it over
  answered_version bigint NOT NULL DEFAULT 0,
  refusal text NOT NULL DEFAULT '',
  answered_at timestamptz,
  PRIMARY KEY (cluster_id, shard),
  FOREIGN KEY (cluster_id, shard) REFERENCES agents (cluster_id, shard) ON DELETE CASCADE
);

ALTER TABLE object_statuses
  -- the axis intent, decided when the row is written
  ADD COLUMN intent text NOT NULL DEFAULT 'Following',
  -- empty: no gate has a part in it
  ADD COLUMN gate_state text NOT NULL DEFAULT '',
  ADD COLUMN gate_mode text NOT NULL DEFAULT '',
  ADD COLUMN gate_newest_revision text NOT NULL DEFAULT '',
  ADD COLUMN gate_pinned_revision text NOT NULL DEFAULT '',
  ADD COLUMN gate_pin_id text NOT NULL DEFAULT '',
  ADD COLUMN gate_message text NOT NULL DEFAULT '',
  ADD COLUMN revision_author text NOT NULL DEFAULT '';

UPDATE object_statuses SET intent = 'Suspended' WHERE suspended;

-- As before, with the gate. A source that has been told to move while its cluster is away is deferred.
CREATE OR REPLACE VIEW fleet_objects AS
SELECT
  o.cluster_id, o.shard, o.key, o.api_version, o.kind, o.namespace, o.name, o.generation, o.observed_generation,
  o.suspended, o.health, o.reason, o.message, o.conditions, o.revision, o.attempted_revision,
  o.source_api_version, o.source_kind, o.source_namespace, o.source_name, o.source_url, o.source_ref,
  o.inventory_entries, o.inventory_digest, o.last_handled_reconcile_at, o.changed_at,
  CASE WHEN o.sync = 'Synced' AND o.revision <> '' AND s.revision <> '' AND s.revision <> o.revision
    THEN 'OutOfSync' ELSE o.sync END AS sync,
  c.name AS cluster, c.labels AS cluster_labels, a.observed_at,
  CASE WHEN a.replica_id IS NULL AND p.id <> o.gate_pin_id AND o.intent IN ('Following', 'Held')
    THEN 'Deferred' ELSE o.intent END AS intent,
  o.gate_state, o.gate_mode, o.gate_newest_revision, o.gate_pinned_revision, o.gate_pin_id, o.gate_message,
  o.revision_author
FROM object_statuses o
JOIN clusters c ON c.id = o.cluster_id
JOIN agents a ON a.cluster_id = o.cluster_id AND a.shard = o.shard
LEFT JOIN fleet_artifacts s ON s.cluster_id = o.cluster_id AND s.kind = o.source_kind AND s.namespace = o.source_namespace
  AND s.name = o.source_name
LEFT JOIN pins p ON p.cluster_id = o.cluster_id AND p.source_kind = o.kind AND p.source_namespace = o.namespace
  AND p.source_name = o.name;
