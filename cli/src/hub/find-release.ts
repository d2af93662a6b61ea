import { isOfCommit } from '@flotilla/common/revision/revision';
import { CliError, exitCodes, notFound, usageError } from '../errors/cli-error.js';
import type { HubClient } from './hub-client.js';
import type { Release } from './promotion-schema.js';

/**
 * The release that a name, an id or a commit means. A commit has to be in exactly one release of one pipeline.
 * @throws CliError
 */
export async function findRelease(
  hub: HubClient,
  text: string,
  pipeline: string | readonly string[] | undefined,
): Promise<Release> {
  try {
    return await hub.promotions.release(text);
  } catch (error) {
    const missing = error instanceof CliError && error.exitCode === exitCodes.notFound;
    if (!missing || !isCommit(text)) throw error;
  }
  const { items } = await hub.promotions.releases({ pipeline, revision: text });
  return onlyReleaseOf(items, text);
}

/** Digits of a commit, or a whole revision such as main@sha1:… */
function isCommit(text: string): boolean {
  return /^[0-9a-f]{7,64}$/i.test(text) || text.includes(':');
}

/** The release that holds a commit. @throws CliError when there is none, or more than one */
export function onlyReleaseOf(releases: readonly Release[], commit: string): Release {
  const found = releases.filter(({ items }) => items.some(({ revision }) => isOfCommit(revision, commit)));
  const [release, ...others] = found;
  if (!release)
    throw notFound(
      `no release is named ${commit} or holds this commit`,
      `flotilla get releases lists them; flotilla release create --pipeline NAME --revision ${commit} makes one`,
    );
  if (others.length === 0) return release;
  const pipelines = [...new Set(found.map(({ pipeline }) => pipeline))];
  const names = found.map(({ name }) => name).join(', ');
  throw usageError(
    `commit ${commit} is in ${found.length} releases: ${names}`,
    pipelines.length > 1
      ? `name the release; promote, veto, get releases and describe release take --pipeline (${pipelines.join(', ')}), too`
      : 'name the release',
  );
}
