-- Facts about the fleet that every replica of the hub has to agree on, e.g. the pin of the certificate authority.
CREATE TABLE hub_settings (
  key text PRIMARY KEY,
  value text NOT NULL
);

-- One row a running hub process. A replica that is silent is removed by the others, which frees its sessions.
CREATE TABLE hub_replicas (
  id text PRIMARY KEY,
  name text NOT NULL,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL
);
