-- The documents of kind Freeze. One that has ended by itself stays until it is deleted.
CREATE TABLE freezes (
  name text PRIMARY KEY,
  -- new when a freeze of this name is made again
  id text NOT NULL UNIQUE,
  labels jsonb NOT NULL,
  annotations jsonb NOT NULL,
  spec jsonb NOT NULL,
  -- counts the changes of spec, from 1
  generation bigint NOT NULL DEFAULT 1,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE INDEX freezes_ends_at ON freezes (ends_at);

-- Who asked that a promotion may pass a freeze, and who else has allowed it.
CREATE TABLE break_glass (
  id text PRIMARY KEY,
  freeze_id text NOT NULL REFERENCES freezes (id) ON DELETE CASCADE,
  promotion_id text NOT NULL,
  reason text NOT NULL,
  requested_by text NOT NULL,
  requested_token text NOT NULL,
  requested_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  granted_by text,
  granted_at timestamptz,
  UNIQUE (freeze_id, promotion_id)
);

CREATE INDEX break_glass_promotion ON break_glass (promotion_id);
