import { describe, expect, it } from 'vitest';
import type { DeliveryNote } from './delivery-note.js';
import { mergeNotes } from './delivery-note.js';

const note = (change: Partial<DeliveryNote>): DeliveryNote => ({
  clusterId: 'c1',
  shard: '',
  sent: null,
  acknowledged: null,
  answered: null,
  refusal: '',
  ...change,
});
const sent = note({ sent: 2n });
const taken = note({ acknowledged: 2n, answered: 2n });
const refused = note({ answered: 3n, refusal: 'no pins here' });

describe('notes of one agent', () => {
  it.each<readonly [string, readonly DeliveryNote[], Partial<DeliveryNote>]>([
    ['are put together', [sent, taken], { sent: 2n, acknowledged: 2n, answered: 2n, refusal: '' }],
    [
      'keep what was taken over before a refusal',
      [taken, refused],
      { acknowledged: 2n, answered: 3n, refusal: 'no pins here' },
    ],
    [
      'keep the answer when something else follows',
      [refused, sent],
      { sent: 2n, answered: 3n, refusal: 'no pins here' },
    ],
    [
      'keep the answer to the newer version',
      [refused, taken],
      { acknowledged: 2n, answered: 3n, refusal: 'no pins here' },
    ],
  ])('%s', (_sentence, notes, merged) => {
    expect(mergeNotes(notes)).toEqual([note(merged)]);
  });

  it('stay apart from those of other shards and clusters', () => {
    const notes = [sent, { ...sent, shard: '1' }, { ...sent, clusterId: 'c2' }];
    expect(mergeNotes(notes)).toEqual(notes);
  });
});
