-- What the read models of the fleet stand on.

-- Objects that hold an artifact: their revision decides whether what builds from them is in sync.
CREATE INDEX object_statuses_artifacts ON object_statuses (cluster_id, kind, namespace, name) INCLUDE (revision)
  WHERE kind IN ('GitRepository', 'OCIRepository', 'Bucket', 'ExternalArtifact');

-- The objects that hold an artifact, each once, whichever shards report it.
CREATE VIEW fleet_artifacts AS
SELECT DISTINCT ON (o.cluster_id, o.kind, o.namespace, o.name)
  o.cluster_id, o.kind, o.namespace, o.name, o.sync, o.reason, o.message, o.revision, o.source_url AS url
FROM object_statuses o
WHERE o.kind IN ('GitRepository', 'OCIRepository', 'Bucket', 'ExternalArtifact')
ORDER BY o.cluster_id, o.kind, o.namespace, o.name, o.changed_at DESC;

-- One row a reported object, with the cluster's name and labels, when it was confirmed last, and sync against its source.
CREATE VIEW fleet_objects AS
SELECT
  o.cluster_id, o.shard, o.key, o.api_version, o.kind, o.namespace, o.name, o.generation, o.observed_generation,
  o.suspended, o.health, o.reason, o.message, o.conditions, o.revision, o.attempted_revision,
  o.source_api_version, o.source_kind, o.source_namespace, o.source_name, o.source_url, o.source_ref,
  o.inventory_entries, o.inventory_digest, o.last_handled_reconcile_at, o.changed_at,
  CASE WHEN o.sync = 'Synced' AND o.revision <> '' AND s.revision <> '' AND s.revision <> o.revision
    THEN 'OutOfSync' ELSE o.sync END AS sync,
  c.name AS cluster, c.labels AS cluster_labels, a.observed_at
FROM object_statuses o
JOIN clusters c ON c.id = o.cluster_id
JOIN agents a ON a.cluster_id = o.cluster_id AND a.shard = o.shard
LEFT JOIN fleet_artifacts s ON s.cluster_id = o.cluster_id AND s.kind = o.source_kind AND s.namespace = o.source_namespace
  AND s.name = o.source_name;

-- One row a cluster, with what its agents say together: the oldest confirmation counts, and one that is missing is none.
CREATE VIEW fleet_clusters AS
SELECT
  c.id, c.name, c.labels, c.enrolled_at,
  coalesce(c.revoked_reason, c.quarantine_reason, '') AS refusal,
  c.revoked_at IS NOT NULL OR c.quarantined_at IS NOT NULL AS revoked,
  a.observed_at, coalesce(a.connected, false) AS connected,
  coalesce(a.agent_version, '') AS agent_version, coalesce(a.kubernetes_version, '') AS kubernetes_version
FROM clusters c
LEFT JOIN LATERAL (
  SELECT
    CASE WHEN count(*) = count(agents.observed_at) THEN min(agents.observed_at) END AS observed_at,
    bool_and(agents.replica_id IS NOT NULL) AS connected,
    min(agents.agent_version) AS agent_version, min(agents.kubernetes_version) AS kubernetes_version
  FROM agents WHERE agents.cluster_id = c.id
) a ON true;

-- The last revisions that each Kustomization has applied (20, and some more until they are cleared away), so that a
-- cluster which moved on has still reached a commit.
CREATE TABLE object_revisions (
  cluster_id text NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
  -- apiVersion|kind|namespace|name
  object_key text NOT NULL,
  revision text NOT NULL,
  first_at timestamptz NOT NULL,
  PRIMARY KEY (cluster_id, object_key, revision)
);

CREATE FUNCTION remember_revisions(cluster_ids text[], keys text[], revisions text[], times timestamptz[])
RETURNS void LANGUAGE sql AS $$
  INSERT INTO object_revisions (cluster_id, object_key, revision, first_at)
  SELECT DISTINCT ON (1, 2, 3) * FROM unnest(cluster_ids, keys, revisions, times)
  ON CONFLICT DO NOTHING;

  DELETE FROM object_revisions r
  -- An object is cleared with every eighth of its revisions: a commit to the whole fleet must not clear them all.
  USING (SELECT DISTINCT n.cluster_id, n.object_key FROM unnest(cluster_ids, keys, revisions)
    AS n (cluster_id, object_key, revision) WHERE hashtext(n.object_key || n.revision) % 8 = 0) n
  WHERE r.cluster_id = n.cluster_id AND r.object_key = n.object_key AND r.first_at < (
    SELECT older.first_at FROM object_revisions older
    WHERE older.cluster_id = n.cluster_id AND older.object_key = n.object_key
    ORDER BY older.first_at DESC OFFSET 19 LIMIT 1);
$$;

CREATE FUNCTION remember_inserted_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM remember_revisions(array_agg(n.cluster_id), array_agg(n.key), array_agg(n.revision), array_agg(n.changed_at))
  FROM inserted n WHERE n.kind = 'Kustomization' AND n.revision <> '' HAVING count(*) > 0;
  RETURN NULL;
END
$$;

CREATE FUNCTION remember_updated_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM remember_revisions(array_agg(n.cluster_id), array_agg(n.key), array_agg(n.revision), array_agg(n.changed_at))
  FROM updated n JOIN replaced o ON o.cluster_id = n.cluster_id AND o.shard = n.shard AND o.key = n.key
  WHERE n.kind = 'Kustomization' AND n.revision <> '' AND n.revision <> o.revision HAVING count(*) > 0;
  RETURN NULL;
END
$$;

CREATE TRIGGER object_statuses_remember_inserted AFTER INSERT ON object_statuses
  REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION remember_inserted_revisions();
CREATE TRIGGER object_statuses_remember_updated AFTER UPDATE ON object_statuses
  REFERENCING OLD TABLE AS replaced NEW TABLE AS updated FOR EACH STATEMENT EXECUTE FUNCTION remember_updated_revisions();
