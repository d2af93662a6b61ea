-- Every decision of a person or of the hub, written in the transaction that carries it out. Append-only.
CREATE TABLE audit_records (
  -- uuidv7: sorts by time
  id text PRIMARY KEY,
  recorded_at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  details jsonb NOT NULL,
  request_id text
);

CREATE INDEX audit_records_actor ON audit_records (actor, id DESC);
CREATE INDEX audit_records_action ON audit_records (action, id DESC);
CREATE INDEX audit_records_subject ON audit_records (subject, id DESC);
CREATE INDEX audit_records_recorded_at ON audit_records (recorded_at);

CREATE FUNCTION audit_records_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit records are append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_records_no_change BEFORE UPDATE OR DELETE ON audit_records
  FOR EACH ROW EXECUTE FUNCTION audit_records_are_append_only();
CREATE TRIGGER audit_records_no_truncate BEFORE TRUNCATE ON audit_records
  FOR EACH STATEMENT EXECUTE FUNCTION audit_records_are_append_only();
