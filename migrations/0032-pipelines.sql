-- Documents that say how releases go through the fleet. `spec` holds all defaults.
CREATE TABLE environments (
  name text PRIMARY KEY,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  spec jsonb NOT NULL,
  -- counts the changes of spec
  generation bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);

CREATE TABLE pipelines (
  name text PRIMARY KEY,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  spec jsonb NOT NULL,
  generation bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  created_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);

-- Documents that the hub has read from Git itself: they are changed there.
CREATE TABLE configuration_origins (
  kind text NOT NULL,
  name text NOT NULL,
  -- address, branch and folder, without credentials
  repository text NOT NULL,
  path text NOT NULL,
  commit text NOT NULL,
  PRIMARY KEY (kind, name)
);

-- How the last look at that repository ended; one row.
CREATE TABLE configuration_pulls (
  repository text PRIMARY KEY,
  -- the last commit that was applied as a whole
  applied_commit text,
  applied_at timestamptz,
  documents integer NOT NULL DEFAULT 0,
  -- the last look, whatever came of it
  checked_at timestamptz NOT NULL,
  seen_commit text,
  message text NOT NULL,
  -- [{path, document, field, message}]
  problems jsonb NOT NULL
);
