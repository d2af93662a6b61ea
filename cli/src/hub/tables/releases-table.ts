import { shortenRevision } from '@flotilla/common/revision/revision';
import { ago } from '../../output/age.js';
import type { Cell } from '../../output/table.js';
import type { Release } from '../promotion-schema.js';

export const releaseColumns = ['NAME', 'PIPELINE', 'REVISION', 'AUTHORS', 'CREATED', 'BY', 'MESSAGE'];

export function releaseCells({ name, pipeline, items, createdAt, createdBy }: Release, now: Date): Cell[] {
  const revisions = items.map(({ source, revision }) => {
    const short = shortenRevision(revision);
    return items.length === 1 ? short : `${source.name}=${short}`;
  });
  const authors = new Set(items.flatMap((item) => item.authors.map(nameOf)));
  const vetoes = items.flatMap(({ veto }) => (veto ? [`vetoed by ${veto.requestedBy}: ${veto.reason}`] : []));
  return [
    name,
    pipeline,
    revisions.join(','),
    [...authors].join(', ') || '-',
    ago(createdAt, now),
    createdBy,
    { text: [...new Set(vetoes)].join('; '), tone: 'bad' },
  ];
}

/** `Ada` of `Ada <ada@example.com>`. */
function nameOf(author: string): string {
  return /^(.+?)\s*<.*>$/.exec(author)?.[1] ?? author;
}
