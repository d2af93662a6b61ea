-- Immutable sets of revisions. They stay when their pipeline goes, so that names are never given twice.
CREATE TABLE releases (
  -- uuidv7: sorts by time
  id text PRIMARY KEY,
  pipeline text NOT NULL,
  -- from 1, without gaps
  number integer NOT NULL CHECK (number > 0),
  -- <pipeline>-<number>
  name text NOT NULL UNIQUE,
  -- [{source: {kind, namespace, name}, url, revision, digest, authors, authorUnknown?}]
  items jsonb NOT NULL,
  -- of the sources and what they hold: the same items are the same release
  items_digest text NOT NULL,
  created_by text NOT NULL,
  -- of the token that made it by hand: another token of the same person is the same person
  maker_emails text[] NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (pipeline, number),
  UNIQUE (pipeline, items_digest)
);

CREATE FUNCTION releases_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'releases are immutable' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER releases_no_change BEFORE UPDATE ON releases
  FOR EACH ROW EXECUTE FUNCTION releases_are_immutable();

CREATE INDEX releases_unknown_authors ON releases (pipeline, number) WHERE items @? '$[*] ? (@.authorUnknown == true)';

-- Who made an item whose author nobody could tell when the release was made.
CREATE TABLE release_authors (
  release_id text NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
  -- kind/namespace/name
  source text NOT NULL,
  authors jsonb NOT NULL,
  learned_at timestamptz NOT NULL,
  PRIMARY KEY (release_id, source)
);

-- The items of a release with what has become known of their authors since.
CREATE FUNCTION release_items(release text, items jsonb) RETURNS jsonb STABLE LANGUAGE sql AS $$
  SELECT CASE WHEN NOT items @? '$[*] ? (@.authorUnknown == true)' THEN items ELSE (
    SELECT jsonb_agg(CASE WHEN a.authors IS NULL THEN i
      ELSE (i - 'authorUnknown') || jsonb_build_object('authors', a.authors) END ORDER BY e.n)
    FROM jsonb_array_elements(items) WITH ORDINALITY AS e (i, n)
    LEFT JOIN release_authors a ON a.release_id = release AND a.source = concat_ws('/', i -> 'source' ->> 'kind',
      i -> 'source' ->> 'namespace', i -> 'source' ->> 'name')) END
$$;

-- Which revision of each source of a pipeline is the newest, and which have been seen before, newest last.
CREATE TABLE release_sources (
  pipeline text NOT NULL,
  -- kind/namespace/name
  source text NOT NULL,
  revision text NOT NULL,
  seen jsonb NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (pipeline, source)
);

-- The hub's own look at Git servers.
CREATE TABLE release_watches (
  pipeline text NOT NULL,
  -- kind/namespace/name
  source text NOT NULL,
  url text NOT NULL,
  branch text NOT NULL,
  -- where the branch was at the last look that succeeded
  commit text,
  checked_at timestamptz NOT NULL,
  -- why the last look failed; empty when it did not
  message text NOT NULL,
  PRIMARY KEY (pipeline, source)
);
