CREATE TABLE clusters (
  id text PRIMARY KEY,
  name text NOT NULL UNIQUE,
  -- uid of the namespace kube-system
  uid text NOT NULL UNIQUE,
  labels jsonb NOT NULL DEFAULT '{}',
  enrolled_at timestamptz NOT NULL,
  -- cut off by an admin; only a join token that was made later lets the cluster in again
  revoked_at timestamptz,
  revoked_reason text,
  -- cut off by the hub, because its identity was in use twice
  quarantined_at timestamptz,
  quarantine_reason text
);

CREATE INDEX clusters_labels ON clusters USING gin (labels jsonb_path_ops);

-- One row a shard of an agent: what the hub holds of its table and its records, and where its session is.
CREATE TABLE agents (
  cluster_id text NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  shard text NOT NULL,
  agent_version text NOT NULL,
  kubernetes_version text NOT NULL,

  -- empty: the hub does not hold a whole table
  table_id text NOT NULL DEFAULT '',
  sequence bigint NOT NULL DEFAULT 0,
  table_hash bytea NOT NULL DEFAULT '',
  -- when the agent last confirmed what the hub holds, by the clock of the hub
  observed_at timestamptz,

  spool_id text NOT NULL DEFAULT '',
  record_sequence bigint NOT NULL DEFAULT 0,

  -- identity of the process that dialled last
  instance_id text NOT NULL DEFAULT '',
  session_id text,
  -- null: not connected
  replica_id text REFERENCES hub_replicas (id) ON DELETE SET NULL,
  connected_at timestamptz,
  -- when the session was heard last, whatever it said
  heard_at timestamptz,
  PRIMARY KEY (cluster_id, shard)
) WITH (fillfactor = 50);

CREATE INDEX agents_replica ON agents (replica_id);

-- Every client certificate; expired ones are kept for as long as an agent may come back with one.
CREATE TABLE cluster_certificates (
  serial text PRIMARY KEY,
  cluster_id text NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  issued_at timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  revoked_at timestamptz
);

CREATE INDEX cluster_certificates_cluster ON cluster_certificates (cluster_id, not_after DESC);
CREATE INDEX cluster_certificates_not_after ON cluster_certificates (not_after);
