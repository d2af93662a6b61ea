-- Append-only facts of agents: events of their reconcilers, and gaps where some were lost.
CREATE TABLE records (
  -- uuidv7: sorts by the time of storing
  id text PRIMARY KEY,
  cluster_id text NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  spool_id text NOT NULL,
  sequence bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  stored_at timestamptz NOT NULL,
  -- info or error; a gap is an error with the reason RecordsLost and no object
  severity text NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  object_api_version text,
  object_kind text,
  object_namespace text,
  object_name text,
  metadata jsonb NOT NULL DEFAULT '{}',
  UNIQUE (cluster_id, spool_id, sequence)
);

CREATE INDEX records_cluster ON records (cluster_id, id DESC);
CREATE INDEX records_object ON records (cluster_id, object_kind, object_namespace, object_name, id DESC);
CREATE INDEX records_stored_at ON records (stored_at);
