import { describe, expect, it } from 'vitest';
import { batchesOf } from './batches.js';

/** `prod1` is rollout prod1 of environment prod. */
const due = (...ids: readonly string[]) => ids.map((id) => ({ id, environment: id.replace(/\d+$/, '') }));

describe('rollouts that are due', () => {
  it.each<[string, readonly string[], readonly (readonly string[])[]]>([
    ['are none without any', [], []],
    ['are looked at together', ['dev1', 'prod1', 'lab1'], [['dev1', 'prod1', 'lab1']]],
    [
      'of one environment stay together',
      ['dev1', 'prod1', 'dev2', 'prod2', 'dev3'],
      [
        ['dev1', 'dev2', 'dev3'],
        ['prod1', 'prod2'],
      ],
    ],
    [
      'of one environment are split where they are too many',
      ['dev1', 'dev2', 'dev3', 'dev4', 'lab1'],
      [
        ['dev1', 'dev2', 'dev3'],
        ['dev4', 'lab1'],
      ],
    ],
  ])('%s', (_sentence, ids, batches) => expect(batchesOf(due(...ids), 3)).toEqual(batches));
});
