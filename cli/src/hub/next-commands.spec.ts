import { describe, expect, it } from 'vitest';
import type { Freeze } from './document-schema.js';
import { nextForPromotion, nextForRelease, nextForRollout } from './next-commands.js';
import type { Promotion, Release, Rollout } from './promotion-schema.js';

const gate = (type: string, phase: string, stage = 'before', message = '') => ({
  stage,
  name: type,
  type,
  phase,
  message,
  until: null,
});

const promotion = (change: Partial<Promotion>): Promotion => ({
  id: 'p',
  pipeline: 'shop',
  environment: 'prod',
  release: 'shop-7',
  releaseId: 'r',
  state: 'Gating',
  reason: '',
  priority: 'normal',
  origin: 'automatic',
  requestedBy: 'hub',
  waitingFor: '',
  waitingUntil: null,
  gates: [],
  approvals: [],
  delivery: null,
  rollout: null,
  createdAt: '',
  startedAt: null,
  endedAt: null,
  ...change,
});

const rollout = (change: Partial<Rollout>): Rollout => ({
  id: 'o',
  promotion: 'p',
  pipeline: 'shop',
  environment: 'prod',
  release: 'shop-7',
  kind: 'promotion',
  delivery: 'pins',
  items: [],
  requestedBy: 'hub',
  breakGlass: false,
  state: 'Running',
  reason: '',
  wave: null,
  waves: [],
  clusters: {},
  commands: ['pause', 'abort', 'skip-wave', 'retry-failed', 'rollback'],
  createdAt: '',
  startedAt: null,
  finishedAt: null,
  ...change,
});

const words = (commands: readonly (readonly [string, string])[]) =>
  commands.map(([command]) => command.replace('flotilla ', ''));
const freeze = { name: 'holidays', reason: 'closed' } as Freeze;

describe('what people can do about a promotion', () => {
  it.each<[string, Partial<Promotion>, string[]]>([
    [
      'waits for its turn',
      { state: 'Queued' },
      ['promote shop-7 --to prod --hotfix', 'abort p --reason TEXT'],
    ],
    ['has its turn', {}, ['abort p --reason TEXT']],
    ['is a hotfix already', { priority: 'hotfix', state: 'Queued' }, ['abort p --reason TEXT']],
    [
      'waits for approval',
      { gates: [gate('approval', 'wait')] },
      ['approve p', 'reject p --reason TEXT', 'abort p --reason TEXT'],
    ],
    ['has its approvals', { gates: [gate('approval', 'pass')] }, ['abort p --reason TEXT']],
    [
      'will wait for approval after its rollout',
      { gates: [gate('approval', 'wait', 'after')] },
      ['abort p --reason TEXT'],
    ],
    [
      'waits for approval after its rollout',
      { state: 'Verifying', gates: [gate('approval', 'wait', 'after')] },
      ['approve p', 'reject p --reason TEXT', 'abort p --reason TEXT'],
    ],
    [
      'is frozen',
      { gates: [gate('freeze', 'wait', 'before', 'freeze holidays until 2027-01-02T08:00:00.000Z: closed')] },
      ['break-glass holidays --promotion p --reason TEXT', 'abort p --reason TEXT'],
    ],
    [
      'is frozen by another freeze',
      { gates: [gate('freeze', 'wait', 'before', 'freeze other: closed')] },
      ['abort p --reason TEXT'],
    ],
    ['has ended', { state: 'Superseded' }, []],
  ])('that %s', (_name, change, commands) =>
    expect(words(nextForPromotion(promotion(change), undefined, [freeze]))).toEqual(commands),
  );

  it('that moves: what its rollout takes, and one way to abort', () => {
    expect(words(nextForPromotion(promotion({ state: 'RollingOut' }), rollout({}), []))).toEqual([
      'pause o',
      'skip-wave o',
      'rollback o --reason TEXT',
      'abort p --reason TEXT',
    ]);
    const back = rollout({ state: 'RollingBack', commands: ['abort'] });
    expect(words(nextForPromotion(promotion({ state: 'RollingBack' }), back, []))).toEqual([
      'abort rollout o --reason TEXT',
    ]);
  });
});

describe('what people can do about a rollout', () => {
  it.each<[string, Partial<Rollout>, string[]]>([
    ['without failures', { commands: ['retry-failed', 'abort'] }, ['abort rollout o --reason TEXT']],
    ['with failures', { commands: ['retry-failed'], clusters: { Failed: 2 } }, ['retry o --failed']],
    ['that is paused', { state: 'Paused', commands: ['resume'] }, ['resume rollout o']],
    [
      'that succeeded',
      { state: 'Succeeded', commands: ['resume', 'rollback'] },
      ['rollback o --reason TEXT'],
    ],
    [
      'whose catching up has stopped',
      { state: 'Succeeded', commands: ['resume'], catchUpStopped: true },
      ['resume rollout o'],
    ],
    ['that only follows', { commands: ['rollback', 'pause'], delivery: 'follow' }, ['pause o']],
    ['whose hub knows more', { commands: ['dance'] }, []],
  ])('%s', (_name, change, commands) => expect(words(nextForRollout(rollout(change)))).toEqual(commands));
});

describe('where a release can go', () => {
  const release = { name: 'shop-7', vetoed: false, items: [] } as unknown as Release;
  const environments = [
    { name: 'dev', after: [], release: 'shop-7' },
    { name: 'staging', after: ['dev'], release: 'shop-6' },
    { name: 'prod', after: ['staging'], release: 'shop-5' },
  ];
  const promoted = promotion({ environment: 'dev', state: 'Promoted' });

  it('is behind those where it has been, and where it is not and not going', () => {
    expect(words(nextForRelease(release, environments, [promoted]))).toEqual([
      'promote shop-7 --to staging',
      'veto shop-7 --reason TEXT',
    ]);
    const going = promotion({ environment: 'staging', state: 'Queued' });
    expect(words(nextForRelease(release, environments, [promoted, going]))).toEqual([
      'veto shop-7 --reason TEXT',
    ]);
  });

  it('is back where it has been before', () => {
    const been = promotion({ environment: 'prod', state: 'Promoted' });
    expect(words(nextForRelease(release, environments, [been]))[0]).toBe('promote shop-7 --to prod');
  });

  it('is nowhere while it is vetoed', () => {
    const veto = { id: 'v', reason: '', requestedBy: '' };
    const vetoed = { ...release, vetoed: true, items: [{ veto }] } as unknown as Release;
    expect(words(nextForRelease(vetoed, environments, [promoted]))).toEqual(['veto lift v --reason TEXT']);
  });
});
