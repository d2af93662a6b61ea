-- What another ref of a source would change: a plan asks clusters, one question a cluster and source, and keeps what
-- they answer for a while. Answers are bounded, and equal changes of a plan are kept once.
CREATE TABLE plans (
  -- uuidv7: sorts by the time of asking
  id text PRIMARY KEY,
  -- full name, e.g. refs/heads/feature
  ref text NOT NULL,
  -- that the ref is expected at; empty: any
  expected_commit text NOT NULL,
  requested_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  finished_at timestamptz,
  -- key of the digests that stand for values of Secrets; forgotten when the plan ends
  digest_key bytea,
  -- bytes of plan_changes
  bytes bigint NOT NULL DEFAULT 0,
  -- the pull request that asked for it, and where its commit status goes; null: a person did
  pull_request jsonb,
  -- provider/repository/number@commit: one that is delivered again is the same plan
  pull_request_key text,
  -- the status that was posted last
  posted text NOT NULL DEFAULT ''
);

CREATE INDEX plans_open ON plans (expires_at) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX plans_pull_request ON plans (pull_request_key) WHERE finished_at IS NULL;

CREATE TABLE plan_questions (
  id text PRIMARY KEY,
  plan_id text NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  cluster_id text NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  source_api_version text NOT NULL,
  source_kind text NOT NULL,
  source_namespace text NOT NULL,
  source_name text NOT NULL,
  state text NOT NULL CHECK (state IN ('Waiting', 'Running', 'Complete', 'Failed', 'Refused', 'Unreachable')),
  message text NOT NULL,
  -- that was planned
  commit text NOT NULL,
  -- parts of the answer so far, and their bytes
  parts integer NOT NULL,
  bytes bigint NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE INDEX plan_questions_plan ON plan_questions (plan_id);
CREATE INDEX plan_questions_open ON plan_questions (cluster_id, id) WHERE state IN ('Waiting', 'Running');

CREATE TABLE plan_changes (
  plan_id text NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  -- of the body
  digest text NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (plan_id, digest)
);

-- What a part of an answer says about one Kustomization.
CREATE TABLE plan_answers (
  question_id text NOT NULL REFERENCES plan_questions (id) ON DELETE CASCADE,
  part integer NOT NULL,
  position integer NOT NULL,
  kustomization_namespace text NOT NULL,
  kustomization_name text NOT NULL,
  failure text NOT NULL,
  note text NOT NULL,
  unchanged integer NOT NULL,
  omitted integer NOT NULL,
  -- digests of plan_changes, in their order
  changes text[] NOT NULL,
  PRIMARY KEY (question_id, part, position)
);
