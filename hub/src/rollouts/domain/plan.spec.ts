import { RolloutStrategy } from '@flotilla/common/fleet-api/rollout-strategy';
import { describe, expect, it } from 'vitest';
import { concurrencyOf, countOf, failureDomainOf, newRollout, planWaves } from './plan.js';
import type { PlanMember } from './plan.js';

const fleet: readonly PlanMember[] = Array.from({ length: 10 }, (_, index) => ({
  clusterId: `id-${index}`,
  name: `c${index}`,
  labels: { ring: index < 2 ? 'canary' : 'wide', zone: `z${index % 3}` },
})).reverse();
const canary = { matchLabels: { ring: 'canary' } };

function planned(strategy: object, members = fleet): string {
  const { waves } = planWaves(RolloutStrategy.parse(strategy), members);
  return waves
    .map(
      ({ name, members: own, maxConcurrent }) =>
        `${name}(${maxConcurrent}): ${own.map((one) => one.name).join(' ')}`,
    )
    .join(', ');
}

describe('the waves of a rollout', () => {
  it.each<[string, object, string]>([
    ['all of them without waves', {}, 'rest(10): c0 c1 c2 c3 c4 c5 c6 c7 c8 c9'],
    [
      'by selector, then the rest',
      { waves: [{ name: 'a', selector: canary }] },
      'a(10): c0 c1, rest(10): c2 c3 c4 c5 c6 c7 c8 c9',
    ],
    [
      'by count, by name',
      { waves: [{ name: 'a', size: 1 }, { name: 'b' }] },
      'a(10): c0, b(10): c1 c2 c3 c4 c5 c6 c7 c8 c9',
    ],
    [
      'by percentage of all, not of those that are left',
      {
        waves: [
          { name: 'a', selector: canary },
          { name: 'b', size: '25%' },
        ],
      },
      'a(10): c0 c1, b(10): c2 c3 c4, rest(10): c5 c6 c7 c8 c9',
    ],
    [
      'with at most so many of a selector',
      { waves: [{ name: 'a', selector: canary, size: 1 }] },
      'a(10): c0, rest(10): c1 c2 c3 c4 c5 c6 c7 c8 c9',
    ],
    [
      'with what is there when there are fewer',
      { waves: [{ name: 'a', size: 99 }] },
      'a(10): c0 c1 c2 c3 c4 c5 c6 c7 c8 c9',
    ],
    [
      'with their own concurrency, of the wave',
      { waves: [{ name: 'a', size: 4, maxConcurrent: '30%' }] },
      'a(2): c0 c1 c2 c3, rest(10): c4 c5 c6 c7 c8 c9',
    ],
    [
      'with another name for the rest where "rest" is taken',
      { waves: [{ name: 'rest', size: 9 }] },
      'rest(10): c0 c1 c2 c3 c4 c5 c6 c7 c8, rest-2(10): c9',
    ],
  ])('take %s', (_sentence, strategy, expected) => {
    expect(planned(strategy)).toBe(expected);
  });

  it.each<[string, object, string, RegExp]>([
    [
      'whose selector matches nothing',
      { waves: [{ name: 'a', selector: { matchLabels: { ring: 'x' } } }] },
      'waves[0].selector',
      /wave "a" finds no cluster/,
    ],
    [
      'that comes when all are taken',
      {
        waves: [
          { name: 'a', size: '100%' },
          { name: 'b', size: '1%' },
        ],
      },
      'waves[1].size',
      /wave "b" finds no cluster/,
    ],
    [
      'behind one that takes all',
      { waves: [{ name: 'a' }, { name: 'b' }] },
      'waves[1]',
      /wave "b" finds no cluster/,
    ],
  ])('name one %s', (_sentence, strategy, field, message) => {
    const { problems } = planWaves(RolloutStrategy.parse(strategy), fleet);
    expect(problems).toEqual([{ field, message: expect.stringMatching(message) }]);
  });

  it.each<[number | string, number, number, number]>([
    ['25%', 10, 3, 3],
    ['1%', 1, 1, 1],
    ['0%', 10, 0, 1],
    [0, 10, 0, 1],
    ['100%', 7, 7, 7],
    ['33%', 3, 1, 1],
    [4, 2, 4, 4],
  ])('%s of %i clusters are %i, and %i may move at once', (value, all, count, concurrency) => {
    const parsed = RolloutStrategy.parse({ maxConcurrent: value }).maxConcurrent;
    expect(countOf(parsed, all)).toBe(count);
    expect(concurrencyOf(parsed, all)).toBe(concurrency);
  });

  it('are fixed with everything else when the rollout starts', () => {
    const strategy = RolloutStrategy.parse({
      maxConcurrent: '25%',
      failureBudget: '10%',
      failureDomain: 'zone',
      soak: '1m',
    });
    const { waves } = planWaves(strategy, fleet);
    const rollout = newRollout(
      { kind: 'promotion', delivery: 'pins', revisions: ['r'], strategy },
      fleet,
      waves,
      5,
    );
    expect(rollout.plan).toMatchObject({
      maxConcurrent: 3,
      failureBudget: 1,
      soakMs: 60_000,
      revisions: ['r'],
    });
    expect(rollout.clusters.map(({ name, domain }) => name + domain).slice(0, 3)).toEqual([
      'c0z0',
      'c1z1',
      'c2z2',
    ]);
  });

  it('share a failure domain with nobody without the label', () => {
    expect(failureDomainOf({ failureDomain: 'zone' }, { ring: 'x' })).toBeNull();
    expect(failureDomainOf({ failureDomain: 'toString' }, {})).toBeNull();
    expect(failureDomainOf({}, { zone: 'a' })).toBeNull();
  });
});
