import { describe, expect, it } from 'vitest';
import type { Gate } from '@flotilla/common/fleet-api/gates';
import { after, noFacts, noon, promotionOf } from '../promotion.fixture.js';
import type { Approval, GateStage, Person, ProbeMemory, Promotion } from '../promotion.js';
import { evaluateGates, gatesOf } from './evaluate.js';
import type { GateFacts, HealthFact } from './gate-facts.js';
import { someOf } from './gate-facts.js';

const person = (name: string, more: Partial<Person> = {}): Person => ({
  tokenId: `token-${name}`,
  name,
  emails: [`${name}@example.com`],
  groups: [],
  ...more,
});
const yes = (who: Person, more: Partial<Approval> = {}): Approval => ({
  stage: 'before',
  releaseId: 'r2',
  person: who,
  comment: '',
  at: noon,
  ...more,
});
const health = (more: Partial<HealthFact> = {}): HealthFact => ({
  environment: 'staging',
  current: { name: 'web-2', number: 2 },
  ready: 2,
  notReady: [],
  silent: [],
  ...more,
});
const staging = { environment: 'staging', promotedAt: noon };

const soak: Gate = { type: 'soak', duration: '30m' };
const healthy: Gate = { type: 'health' };
const approval = (more: object = {}): Gate => ({
  type: 'approval',
  required: 1,
  groups: [],
  authorMayApprove: false,
  ...more,
});
const twoWithSecurity = approval({ required: 2, groups: [{ name: 'security', required: 1 }] });
const hook: Gate = { type: 'webhook', url: 'https://ci.example.com', interval: '30s', timeout: '1h' };
const bob = person('bob');
const nameless = person('ci', { emails: [] });
const carol = person('carol', { groups: ['security'] });
const authors = { emails: ['bob@example.com'], tokens: ['maker'] };

const probed = (more: Partial<ProbeMemory>): Partial<Promotion> => ({
  gates: [
    {
      stage: 'before',
      name: 'webhook',
      type: 'webhook',
      phase: 'wait',
      message: '',
      until: null,
      probe: {
        phase: 'wait',
        message: 'tests run',
        until: null,
        askedFirstAt: noon,
        askedAt: noon,
        undecidedSince: noon,
        memory: null,
        ...more,
      },
    },
  ],
});

interface Row {
  readonly gate: Gate;
  readonly stage?: GateStage;
  readonly promotion?: Partial<Promotion>;
  readonly facts?: Partial<GateFacts>;
  readonly at?: Date;
  readonly expected: readonly [phase: string, message: string, until?: Date | null];
}
const since = noon.toISOString();
const rows: Readonly<Record<string, Row>> = {
  'soak waits from the promotion in the environment before': {
    gate: soak,
    facts: { predecessors: [staging] },
    at: after(29),
    expected: ['wait', `staging has it since ${since}; soaks for 30m`, after(30)],
  },
  'soak passes at the very end': {
    gate: soak,
    facts: { predecessors: [staging] },
    at: after(30),
    expected: ['pass', `staging has it since ${since}; soaks for 30m`],
  },
  'soak counts from the last of several environments': {
    gate: soak,
    facts: { predecessors: [staging, { environment: 'eu', promotedAt: after(10) }] },
    at: after(30),
    expected: ['wait', `eu has it since ${after(10).toISOString()}; soaks for 30m`, after(40)],
  },
  'soak waits while an environment does not have it': {
    gate: soak,
    facts: { predecessors: [staging, { environment: 'eu', promotedAt: null }] },
    at: after(60),
    expected: ['wait', 'web-2 is not promoted in eu'],
  },
  'soak without an environment before counts from the release': {
    gate: soak,
    facts: { releasedAt: after(-10) },
    expected: ['wait', `the release exists since ${after(-10).toISOString()}; soaks for 30m`, after(20)],
  },
  'soak lets a release come back': {
    gate: soak,
    facts: { predecessors: [{ environment: 'staging', promotedAt: null }], promotedHereAt: noon },
    expected: ['pass', `was promoted here before, at ${since}`],
  },
  'soak after counts from the rollout': {
    gate: soak,
    stage: 'after',
    promotion: { rolledOutAt: after(5) },
    facts: { promotedHereAt: noon },
    at: after(6),
    expected: ['wait', `the clusters have it since ${after(5).toISOString()}; soaks for 30m`, after(35)],
  },
  'health passes when all are ready': {
    gate: healthy,
    facts: { predecessors: [staging], health: [health()] },
    expected: ['pass', '2 of 2 clusters of staging are ready on web-2'],
  },
  'health names who is not': {
    gate: healthy,
    facts: {
      predecessors: [staging],
      health: [health({ notReady: [{ cluster: 'c1', why: 'source is at a' }] })],
    },
    expected: ['wait', '2 of 3 clusters of staging are ready on web-2; c1: source is at a'],
  },
  'health leaves out who is silent, and says so': {
    gate: healthy,
    facts: { predecessors: [staging], health: [health({ silent: ['c9'] })] },
    expected: ['pass', '2 of 2 clusters of staging are ready on web-2; not heard of, so not counted: c9'],
  },
  'health of nobody is not health': {
    gate: healthy,
    facts: { predecessors: [staging], health: [health({ ready: 0, silent: ['c9'] })] },
    expected: ['wait', '0 of 0 clusters of staging are ready on web-2; not heard of, so not counted: c9'],
  },
  'health says nothing about a release that was left behind': {
    gate: healthy,
    facts: { predecessors: [staging], health: [health({ current: { name: 'web-3', number: 3 } })] },
    expected: ['fail', 'staging has moved on to web-3, so its health says nothing about web-2'],
  },
  'health after looks at the environment itself': {
    gate: healthy,
    stage: 'after',
    facts: { predecessors: [staging], health: [health({ environment: 'prod', current: null })] },
    expected: ['pass', '2 of 2 clusters of prod are ready on web-2'],
  },
  'approval waits': { gate: approval(), expected: ['wait', '0 of 1 approvals'] },
  'approval counts': {
    gate: approval(),
    promotion: { approvals: [yes(bob)] },
    expected: ['pass', '1 of 1 approvals (bob)'],
  },
  'approval does not count twice': {
    gate: approval({ required: 2 }),
    promotion: { approvals: [yes(bob), yes(bob)] },
    expected: ['wait', '1 of 2 approvals (bob)'],
  },
  'approval does not count another token of the same person': {
    gate: approval({ required: 2 }),
    promotion: { approvals: [yes(bob), yes(person('phone', { emails: ['bob@example.com'] }))] },
    expected: ['wait', '1 of 2 approvals (bob)'],
  },
  'approval sees through a person with two addresses': {
    gate: approval({ required: 2 }),
    promotion: {
      approvals: [
        yes(bob),
        yes(person('b', { emails: ['b@example.com'] })),
        yes(person('c', { emails: ['b@example.com', 'bob@example.com'] })),
      ],
    },
    expected: ['wait', '1 of 2 approvals (bob)'],
  },
  'approval asks for the quota of a group': {
    gate: twoWithSecurity,
    promotion: { approvals: [yes(bob), yes(person('dan'))] },
    expected: ['wait', '2 of 2 approvals (bob, dan); 1 more of group security'],
  },
  'approval passes with quorum and quota': {
    gate: twoWithSecurity,
    promotion: { approvals: [yes(bob), yes(carol)] },
    expected: ['pass', '2 of 2 approvals (bob, carol)'],
  },
  'approval waits while it is not known who may not give it': {
    gate: approval(),
    promotion: { approvals: [yes(bob)], authors: { ...authors, unknown: 'web-1 (GitRepository/a/b)' } },
    expected: [
      'wait',
      '0 of 1 approvals; the author of web-1 (GitRepository/a/b) is not known: add a releases.watch to the pipeline, or set authorMayApprove',
    ],
  },
  'approval does not ask who made it where authors may approve': {
    gate: approval({ authorMayApprove: true }),
    promotion: { approvals: [yes(bob)], authors: { ...authors, unknown: 'web-1 (GitRepository/a/b)' } },
    expected: ['pass', '1 of 1 approvals (bob)'],
  },
  'approval by an author does not count': {
    gate: approval(),
    promotion: { approvals: [yes(bob), yes(person('maker'))], authors },
    expected: ['wait', '0 of 1 approvals'],
  },
  'approval by an author counts where it may': {
    gate: approval({ authorMayApprove: true }),
    promotion: { approvals: [yes(bob)], authors },
    expected: ['pass', '1 of 1 approvals (bob)'],
  },
  'approval by a token without addresses does not count': {
    gate: approval(),
    promotion: { approvals: [yes(nameless)] },
    expected: ['wait', '0 of 1 approvals'],
  },
  'approval by a token without addresses counts where authors may approve': {
    gate: approval({ authorMayApprove: true }),
    promotion: { approvals: [yes(nameless)], authors },
    expected: ['pass', '1 of 1 approvals (ci)'],
  },
  'approval of another release does not count': {
    gate: approval(),
    promotion: { approvals: [yes(bob, { releaseId: 'r1' })] },
    expected: ['wait', '0 of 1 approvals'],
  },
  'approval before does not count after': {
    gate: approval(),
    stage: 'after',
    promotion: { approvals: [yes(bob)] },
    expected: ['wait', '0 of 1 approvals'],
  },
  'freeze passes when nothing is frozen': {
    gate: { type: 'freeze' },
    expected: ['pass', 'nothing is frozen'],
  },
  'freeze waits for the last of them': {
    gate: { type: 'freeze' },
    facts: {
      freezes: [
        { name: 'sale', reason: 'sale', until: after(10) },
        { name: 'night', reason: 'sleep', until: after(5) },
      ],
    },
    expected: [
      'wait',
      `freeze sale until ${after(10).toISOString()}: sale; freeze night until ${after(5).toISOString()}: sleep`,
      after(10),
    ],
  },
  'freeze is broken': {
    gate: { type: 'freeze' },
    facts: { freezes: [{ name: 'sale', reason: 'sale', until: after(10) }], breakGlass: true },
    expected: ['pass', `passes by break-glass; freeze sale until ${after(10).toISOString()}: sale`],
  },
  'window is closed until it opens': {
    gate: {
      type: 'window',
      timeZone: 'Europe/Berlin',
      periods: [{ days: ['mon'], from: '09:00', to: '17:00' }],
    },
    expected: ['wait', 'opens at 2026-03-02T08:00:00.000Z (Europe/Berlin)', new Date('2026-03-02T08:00:00Z')],
  },
  'window is open until it closes': {
    gate: { type: 'window', timeZone: 'UTC', periods: [{ days: ['sun'], from: '09:00', to: '17:00' }] },
    expected: ['pass', 'open until 2026-03-01T17:00:00.000Z (UTC)', new Date('2026-03-01T17:00:00Z')],
  },
  'probe waits for its first answer': { gate: hook, expected: ['wait', 'has not been asked yet'] },
  'probe says what it was told': { gate: hook, promotion: probed({}), expected: ['wait', 'tests run'] },
  'probe passes': {
    gate: hook,
    promotion: probed({ phase: 'pass', message: 'green', undecidedSince: null }),
    at: after(600),
    expected: ['pass', 'green'],
  },
  'probe fails when told': {
    gate: hook,
    promotion: probed({ phase: 'fail', message: 'red' }),
    expected: ['fail', 'red'],
  },
  'probe fails when it stays undecided': {
    gate: hook,
    promotion: probed({}),
    at: after(60),
    expected: ['fail', 'no answer that lets it pass within 1h: tests run'],
  },
};

describe('the gate', () => {
  it.each(Object.entries(rows))('%s', (_sentence, row) => {
    const { gate, stage = 'before', promotion = {}, facts = {}, at = noon, expected } = row;
    const [{ state } = expect.fail()] = evaluateGates(
      stage,
      [gate],
      promotionOf(promotion),
      { ...noFacts, ...facts },
      at,
    );
    const [phase, message, until = null] = expected;
    expect(state).toMatchObject({ phase, message, until });
  });
});

describe('the gates of a promotion', () => {
  it.each([
    ['hold one for freezes that nobody named', 'before', [soak], ['soak', 'freeze']],
    ['hold it once', 'before', [{ type: 'freeze' }, soak], ['freeze', 'soak']],
    ['hold none for freezes after the rollout', 'after', [soak], ['soak']],
    [
      'name it so that it is not taken for another one',
      'before',
      [{ ...soak, name: 'freeze' }],
      ['freeze', 'freeze-always'],
    ],
  ] as const)('%s', (_sentence, stage, gates, names) => {
    const found = gatesOf(stage, gates as readonly Gate[]).map(({ name, type }) => name ?? type);
    expect(found).toEqual(names);
  });

  it('name a few of many', () => {
    expect(someOf(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
  });
});
