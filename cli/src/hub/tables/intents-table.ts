import { formatRef } from '@flotilla/common/kube/object';
import { shortenRevision } from '@flotilla/common/revision/revision';
import { ago } from '../../output/age.js';
import type { Tone } from '../../output/paint.js';
import type { Table } from '../../output/table.js';
import type { Intent } from '../schema.js';

const tones: Readonly<Record<string, Tone>> = {
  Succeeded: 'good',
  Failed: 'bad',
  Refused: 'bad',
  Expired: 'bad',
};

/** What people have asked of the fleet, and what came of it. */
export function intentsTable(intents: readonly Intent[], now: Date): Table {
  return {
    columns: ['CREATED', 'CLUSTER', 'ACTION', 'OBJECT', 'STATE', 'BY', 'ID', 'MESSAGE'],
    rows: intents.map((intent) => [
      ago(intent.createdAt, now),
      intent.cluster,
      intent.action,
      formatRef(intent.object),
      { text: intent.state, tone: tones[intent.state] ?? 'plain' },
      intent.requestedBy,
      intent.id,
      shortenRevision(intent.message),
    ]),
  };
}
