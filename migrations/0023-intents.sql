-- What people asked of clusters; one row a cluster. The agent answers each exactly once with a final state.
CREATE TABLE intents (
  -- uuidv7: sorts by the time of asking
  id text PRIMARY KEY,
  cluster_id text NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  action text NOT NULL CHECK (action IN ('reconcile', 'suspend', 'resume')),
  object_api_version text NOT NULL,
  object_kind text NOT NULL,
  object_namespace text NOT NULL,
  object_name text NOT NULL,
  with_source boolean NOT NULL,
  state text NOT NULL CHECK (state IN
    ('Pending', 'Delivered', 'Accepted', 'Succeeded', 'Failed', 'Refused', 'Expired')),
  message text NOT NULL,
  requested_by text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE INDEX intents_cluster ON intents (cluster_id, id DESC);
CREATE INDEX intents_state ON intents (state, id DESC);
CREATE INDEX intents_open ON intents (expires_at) WHERE state IN ('Pending', 'Delivered', 'Accepted');
