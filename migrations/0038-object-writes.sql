-- What agents report is written far more often than anything else: a change of a row must touch no index, and the page
-- must have room for its new version beside the old one.
DROP INDEX object_statuses_not_ready;
DROP INDEX object_statuses_artifacts;
-- Like the one before, without the revision, which changes.
CREATE INDEX object_statuses_artifacts ON object_statuses (cluster_id, kind, namespace, name)
  WHERE kind IN ('GitRepository', 'OCIRepository', 'Bucket', 'ExternalArtifact');
ALTER TABLE object_statuses SET (fillfactor = 50);

-- The hub, which knows what a row was before, remembers revisions itself: the triggers copied every row twice.
DROP TRIGGER object_statuses_remember_inserted ON object_statuses;
DROP TRIGGER object_statuses_remember_updated ON object_statuses;
DROP FUNCTION remember_inserted_revisions();
DROP FUNCTION remember_updated_revisions();
DROP FUNCTION remember_revisions(text[], text[], text[], timestamptz[]);
