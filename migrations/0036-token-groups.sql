-- Who is behind a token: groups for quotas of approvals, addresses for separation of duty.
ALTER TABLE api_tokens
  ADD COLUMN groups text[] NOT NULL DEFAULT '{}',
  -- lower case
  ADD COLUMN emails text[] NOT NULL DEFAULT '{}';
