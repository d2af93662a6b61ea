CREATE TABLE join_tokens (
  id text PRIMARY KEY,
  -- sha256 of the secret, which has 256 random bits
  secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
  labels jsonb NOT NULL DEFAULT '{}',
  -- only this name may be enrolled
  cluster_name text,
  uses integer NOT NULL CHECK (uses > 0),
  used integer NOT NULL DEFAULT 0 CHECK (used BETWEEN 0 AND uses),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Who used a token: an agent whose answer was lost asks again, with the same key, and is let in again.
CREATE TABLE join_token_uses (
  token_id text NOT NULL REFERENCES join_tokens (id) ON DELETE CASCADE,
  cluster_id text NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  key_hash bytea NOT NULL,
  used_at timestamptz NOT NULL,
  PRIMARY KEY (token_id, cluster_id, key_hash)
);

CREATE INDEX join_token_uses_cluster ON join_token_uses (cluster_id);
