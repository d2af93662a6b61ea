-- What agents say of their objects: one row an object.
CREATE TABLE object_statuses (
  cluster_id text NOT NULL,
  shard text NOT NULL,
  -- apiVersion|kind|namespace|name
  key text NOT NULL,
  api_version text NOT NULL,
  kind text NOT NULL,
  namespace text NOT NULL,
  name text NOT NULL,
  uid text NOT NULL,
  generation bigint NOT NULL,
  -- -1: no controller has finished with it
  observed_generation bigint NOT NULL,
  suspended boolean NOT NULL,

  -- the axes, decided when the row is written
  sync text NOT NULL,
  health text NOT NULL,
  -- status of the condition Ready: True, False or Unknown
  ready_status text NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  conditions jsonb NOT NULL,

  revision text NOT NULL,
  attempted_revision text NOT NULL,
  source_api_version text NOT NULL,
  source_kind text NOT NULL,
  source_namespace text NOT NULL,
  source_name text NOT NULL,
  source_url text NOT NULL,
  source_ref text NOT NULL,
  inventory_entries bigint,
  inventory_digest text,
  last_handled_reconcile_at text NOT NULL,
  changed_at timestamptz NOT NULL,

  -- what the row adds to the hash of its agent's table
  row_hash bytea NOT NULL,
  PRIMARY KEY (cluster_id, shard, key),
  FOREIGN KEY (cluster_id, shard) REFERENCES agents (cluster_id, shard) ON DELETE CASCADE
) WITH (fillfactor = 80);

-- The order of the list of objects.
CREATE INDEX object_statuses_identity ON object_statuses (cluster_id, kind, namespace, name);
CREATE INDEX object_statuses_source ON object_statuses (cluster_id, source_kind, source_namespace, source_name);
CREATE INDEX object_statuses_not_ready ON object_statuses (cluster_id) WHERE sync <> 'Synced' OR health <> 'Healthy';
