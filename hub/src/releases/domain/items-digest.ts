import { createHash } from 'node:crypto';
import { revisionKey } from '../../fleet/domain/gate.js';
import type { ReleaseItem } from '../releases.js';
import { sourceName } from './source-name.js';

/** Tells sets of items apart: by their sources and what these hold, not by the ref that led there. */
export function itemsDigest(items: readonly Pick<ReleaseItem, 'source' | 'revision'>[]): string {
  const lines = items.map(({ source, revision }) => `${sourceName(source)} ${revisionKey(revision)}`).sort();
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
