import { describe, expect, it } from 'vitest';
import { promotionOf } from './promotion.fixture.js';
import type { Promotion } from './promotion.js';
import type { PromotionState } from '@flotilla/common/fleet-api/promotion-state';
import type { QueuePolicy } from './queue.js';
import { arrangeQueue } from './queue.js';

/** "p3 Gating": the third wish, of web-3; "!" a hotfix, "@n" by hand of web-n. */
function laneOf(...texts: readonly string[]): readonly Promotion[] {
  return texts.map((text) => {
    const [, number = '', hotfix, by, state = 'Queued'] = /^p(\d)(!?)(?:@(\d))?(?: (\w+))?$/.exec(text) ?? [];
    const release = by ?? number;
    return promotionOf({
      id: `p${number}`,
      releaseId: `r${release}`,
      releaseName: `web-${release}`,
      releaseNumber: Number(release),
      origin: by === undefined ? 'automatic' : 'manual',
      priority: hotfix ? 'hotfix' : 'normal',
      state: state as PromotionState,
    });
  });
}

type Row = readonly [
  sentence: string,
  policy: QueuePolicy,
  lane: readonly string[],
  current: number | null,
  turn: string | null,
  superseded: readonly string[],
];
const rows: readonly Row[] = [
  ['nobody goes where nobody waits', 'fifo', [], null, null, []],
  ['the first goes', 'fifo', ['p1', 'p2'], null, 'p1', []],
  ['nobody goes while something moves', 'fifo', ['p1 RollingOut', 'p2'], null, null, []],
  ['nobody goes while something is verified', 'fifo', ['p1 Verifying', 'p2'], null, null, []],
  ['nobody goes while something goes back', 'latest', ['p1 RollingBack', 'p2'], null, null, []],
  [
    'the newest takes the place of what waits',
    'latest',
    ['p1 Gating', 'p2', 'p3'],
    null,
    'p3',
    ['p1>p3', 'p2>p3'],
  ],
  ['what moves is never superseded', 'latest', ['p1 RollingOut', 'p2', 'p3'], null, null, ['p2>p3']],
  [
    'also an open pull request gives way to the newest',
    'latest',
    ['p1 Delivering', 'p2'],
    null,
    'p2',
    ['p1>p2'],
  ],
  ['a batch leaves what has its turn', 'batch', ['p1 Gating', 'p2', 'p3'], null, 'p1', ['p2>p3']],
  ['a batch gathers what waits', 'batch', ['p1', 'p2', 'p3'], null, 'p3', ['p1>p3', 'p2>p3']],
  ['an open pull request keeps its turn', 'fifo', ['p2 Delivering', 'p3!'], null, 'p2', []],
  ['a hotfix goes first', 'fifo', ['p1 Gating', 'p2', 'p3!'], null, 'p3', []],
  ['a hotfix does not interrupt', 'fifo', ['p1 RollingOut', 'p3!'], null, null, []],
  ['a hotfix takes the place of what was before it', 'latest', ['p1 Gating', 'p3!'], null, 'p3', ['p1>p3']],
  ['what comes after a hotfix waits behind it', 'latest', ['p3!', 'p4'], null, 'p3', []],
  [
    'a newer hotfix takes the place of an older one',
    'latest',
    ['p3!', 'p4', 'p5!'],
    null,
    'p5',
    ['p3>p5', 'p4>p5'],
  ],
  ['what is older than what is there does not come by itself', 'fifo', ['p1', 'p2'], 1, 'p2', ['p1>-']],
  ['what is there already does not come by itself', 'fifo', ['p3 Gating'], 3, null, ['p3>-']],
  ['an older release may come by hand', 'fifo', ['p9@1'], 5, 'p9', []],
  ['a wish of a person takes the place of what came before', 'latest', ['p4', 'p9@1'], 3, 'p9', ['p4>p9']],
  ['a later release takes the place of a wish', 'latest', ['p5@1', 'p6'], 4, 'p6', ['p5>p6']],
];

describe('in the queue of an environment', () => {
  it.each(rows)('%s (%s)', (_sentence, policy, lane, current, turn, superseded) => {
    const decision = arrangeQueue({
      policy,
      current: current === null ? null : { name: `web-${current}`, number: current },
      promotions: laneOf(...lane),
    });
    expect([decision.turn, decision.superseded.map(({ id, by }) => `${id}>${by ?? '-'}`)]).toEqual([
      turn,
      superseded,
    ]);
  });

  it('an older release that comes late by itself does not take the place of a newer one', () => {
    const [late, newer] = [
      promotionOf({ id: 'p9', releaseNumber: 1 }),
      promotionOf({ id: 'p8', releaseNumber: 2 }),
    ];
    const { turn } = arrangeQueue({ policy: 'latest', current: null, promotions: [newer, late] });
    expect(turn).toBe('p8');
  });

  it('what waits is told for whom, and what gives way is told why', () => {
    const { behind, superseded } = arrangeQueue({
      policy: 'latest',
      current: { name: 'web-1', number: 1 },
      promotions: laneOf('p1', 'p2 RollingOut', 'p3', 'p4'),
    });
    expect([behind, ...superseded.map(({ reason }) => reason)]).toEqual([
      'waits for web-2 (promotion p2), which goes first',
      'web-1 is in prod already',
      'superseded by web-4 (promotion p4)',
    ]);
  });
});
