import { RolloutStrategy } from '@flotilla/common/fleet-api/rollout-strategy';
import { describe, expect, it } from 'vitest';
import { commandProblem } from './commands.js';
import { decide, isOpen } from './decide.js';
import { newRollout, planWaves } from './plan.js';
import type { Observation, Rollout, RolloutAction, RolloutEvent } from './rollout.js';

const old = 'main@sha1:a';
const wanted = 'main@sha1:b';
const start = 1_000_000_000_000;

/** A fleet by name; `c0/z1` has the label zone=z1. */
class Course {
  rollout: Rollout;
  now = start;
  readonly actions: RolloutAction[] = [];
  private readonly facts = new Map<string, Partial<Observation>>();

  constructor(
    private readonly fleet: readonly string[],
    strategy: object = {},
    delivery: 'pins' | 'follow' = 'pins',
  ) {
    const parsed = RolloutStrategy.parse({ failureDomain: 'zone', ...strategy });
    const members = fleet.map((text) => {
      const [name = '', zone] = text.split('/');
      return { clusterId: name, name, labels: { name, ...(zone === undefined ? {} : { zone }) } };
    });
    const { waves } = planWaves(parsed, members);
    const request = { kind: 'promotion', delivery, revisions: [wanted], strategy: parsed } as const;
    this.rollout = newRollout(request, members, waves, start);
  }

  /** Sets what is known of clusters, `after` milliseconds later, and looks. */
  look(facts: Readonly<Record<string, Partial<Observation>>> = {}, after = 1_000): this {
    this.now += after;
    for (const [name, fact] of Object.entries(facts))
      this.facts.set(name, { ...this.facts.get(name), ...fact });
    const names = new Set([...this.fleet.map((text) => text.split('/')[0]!), ...this.facts.keys()]);
    return this.tell({ type: 'observed', clusters: [...names].map((name) => this.observation(name)) });
  }

  tell(event: RolloutEvent): this {
    const { state, actions } = decide(this.rollout, event, this.now);
    this.rollout = state;
    this.actions.push(...actions.filter(({ type }) => type !== 'wakeAt'));
    return this;
  }

  command(type: Exclude<RolloutEvent['type'], 'observed' | 'vetoed' | 'superseded' | 'retired'>): this {
    return this.tell({ type, by: 'ada', reason: 'why' });
  }

  /** What was asked of clusters, in order. */
  get asked(): string {
    return this.actions
      .flatMap((action) =>
        action.type === 'pin' || action.type === 'restore' ? `${action.type} ${action.clusterId}` : [],
      )
      .join(', ');
  }

  get picture(): string {
    return [this.rollout.state, ...this.rollout.clusters.map(({ name, state }) => `${name}=${state}`)].join(
      ' ',
    );
  }

  message(name: string): string {
    return this.rollout.clusters.find((cluster) => cluster.name === name)?.message ?? '';
  }

  private observation(name: string): Observation {
    const domain = this.fleet.find((text) => text.startsWith(`${name}/`))?.split('/')[1] ?? null;
    return {
      id: name,
      name,
      domain,
      member: true,
      gone: false,
      heardAt: this.now,
      live: true,
      phase: 'elsewhere',
      healthySince: null,
      healthyRun: '',
      failure: '',
      message: '',
      frozen: null,
      lastGood: [old],
      movedOn: false,
      ...this.facts.get(name),
    };
  }
}

const there = { phase: 'at-target', healthyRun: '1', failure: '', message: '' } as const;
const moving = { phase: 'moving', healthyRun: '', failure: '' } as const;
const broken = (failure = 'f1') => ({ phase: 'failed', failure, message: 'boom', healthyRun: '' }) as const;
const silent = { heardAt: start - 3_600_000 };
const home = { ...there, healthyRun: '2' };

describe('what a rollout does', () => {
  it('moves as many as may move at once, and the next one when one is done', () => {
    const course = new Course(['a', 'b', 'c'], { maxConcurrent: 2 }).look();
    expect(course.asked).toBe('pin a, pin b');
    expect(course.message('c')).toBe('waits for one of the 2 of its wave that may move at a time');
    expect(course.look({ a: there }).asked).toBe('pin a, pin b, pin c');
  });

  it('never moves two of a failure domain at once, and passes over those that have to wait', () => {
    const course = new Course(['a/z1', 'b/z1', 'c/z2']).look();
    expect(course.asked).toBe('pin a, pin c');
    expect(course.look({ a: there }).asked).toBe('pin a, pin c, pin b');
  });

  it('does not touch the neighbour of a cluster that has failed, until that is retried', () => {
    const course = new Course(['a/z1', 'b/z1', 'c'], { failureBudget: 1 })
      .look()
      .look({ a: broken(), c: there });
    expect(course.picture).toBe('Succeeded a=Failed b=Skipped c=Done');
    expect(course.message('b')).toBe('cluster a of its failure domain z1 has failed');
    course.command('retry-failed').look({ a: { failure: 'f1' } });
    expect(course.picture).toBe('Running a=Moving b=Pending c=Done');
    expect(course.look({ a: there }).look({ b: there }).picture).toBe('Succeeded a=Done b=Done c=Done');
  });

  it('is done with a cluster only when it has soaked without a break', () => {
    const course = new Course(['a'], { soak: '10s' }).look().look({ a: there });
    expect(course.look({}, 9_000).picture).toBe('Running a=Soaking');
    expect(course.look({ a: { healthyRun: '2' } }).picture).toBe('Running a=Soaking');
    expect(course.look({}, 9_000).picture).toBe('Running a=Soaking');
    expect(course.look({}, 1_000).picture).toBe('Succeeded a=Done');
  });

  it('waits for a fresh word before a soak ends', () => {
    const course = new Course(['a'], { soak: '10s' }).look().look({ a: there });
    expect(course.look({ a: { live: false } }, 20_000).picture).toBe('Running a=Soaking');
    expect(course.look({ a: { live: true } }).picture).toBe('Succeeded a=Done');
  });

  it('soaks a wave from when all of it is well', () => {
    const strategy = { waves: [{ name: 'x', size: 1, soak: '20s' }] };
    const course = new Course(['a', 'b'], strategy).look().look({ a: there }).look({ a: moving }, 15_000);
    expect(course.look({ a: there }, 6_000).picture).toBe('Running a=Done b=Pending');
    expect(course.look({}, 20_000).picture).toBe('Running a=Done b=Moving');
  });

  it('takes a hung cluster for failed at the deadline, which a freeze and a soak stop', () => {
    const strategy = { progressDeadline: '20s', onFailure: 'pause' };
    const course = new Course(['a'], strategy).look().look({ a: moving }, 14_000);
    const frozen = { frozen: { message: 'frozen until tomorrow' } };
    for (let count = 0; count < 5; count += 1) course.look({ a: frozen }, count === 0 ? 1_000 : 25_000);
    expect(course.picture).toBe('Running a=Moving');
    expect(course.message('a')).toBe('frozen until tomorrow');
    course.look({ a: { frozen: null } }).look({}, 3_000);
    expect(course.picture).toBe('Running a=Moving');
    expect(course.look({}, 2_000).picture).toBe('Paused a=Failed');
    expect(course.message('a')).toBe('not healthy at the revision within 20 s');
  });

  it('does not begin a frozen cluster, and others overtake it', () => {
    const course = new Course(['a', 'b'], { maxConcurrent: 1 });
    course.look({ a: { frozen: { message: 'frozen until noon' } } });
    expect(course.picture).toBe('Running a=Pending b=Moving');
    expect(course.message('a')).toBe('frozen until noon');
    expect(course.look({ b: there, a: { frozen: null } }).picture).toBe('Running a=Moving b=Done');
  });

  it('fails a cluster whose agent refuses the pin, in its words', () => {
    const course = new Course(['a'], { onFailure: 'abort' }).look();
    course.look({ a: { phase: 'refused', failure: 'p1', message: 'not on the branch' } });
    expect(course.picture).toBe('Failed a=Failed');
    expect(course.message('a')).toBe('not on the branch');
  });

  it('does not hold a failure against a cluster that was there before it began', () => {
    const course = new Course(['a']).look({ a: broken('old') });
    expect(course.picture).toBe('Running a=Moving');
    expect(course.look({ a: broken('old') }).picture).toBe('Running a=Moving');
    expect(course.look({ a: broken('new') }).picture).toBe('RollingBack a=RollingBack');
  });

  it('takes back what it touched in reverse order, each to its own revision, and vetoes what is to blame', () => {
    const course = new Course(['a', 'b', 'c', 'd'], { maxConcurrent: 1 })
      .look()
      .look({ a: there })
      .look({ b: there });
    expect(course.asked).toBe('pin a, pin b, pin c');
    course.look({ c: broken() });
    expect(course.picture).toBe('RollingBack a=Done b=Done c=RollingBack d=Skipped');
    for (const name of ['c', 'b', 'a']) course.look({ [name]: { ...home, failure: '' } });
    expect(course.picture).toBe('RolledBack a=RolledBack b=RolledBack c=RolledBack d=Skipped');
    expect(course.asked).toBe('pin a, pin b, pin c, restore c, restore b, restore a');
    expect(course.actions).toContainEqual({
      type: 'veto',
      items: [0],
      reason: expect.stringContaining('c: boom'),
    });
    expect(course.actions).toContainEqual({ type: 'restore', clusterId: 'b', revisions: [old] });
    expect(isOpen(course.rollout)).toBe(false);
  });

  it('takes the pin from a cluster that never had a revision, without waiting for it', () => {
    const course = new Course(['a'], {}).look({ a: { lastGood: [null] } }).look({ a: broken() });
    expect(course.picture).toBe('RolledBack a=RolledBack');
    expect(course.message('a')).toBe('no earlier revision is known: the pin was taken away');
    expect(course.rollout.reason).toMatch(/; 1 cluster had no earlier revision and stays as it is$/);
  });

  it('tells those that are back from those that had nothing to go back to', () => {
    const course = new Course(['a', 'b'], { maxConcurrent: 1 })
      .look({ b: { lastGood: [null] } })
      .look({ a: there })
      .look({ b: broken() })
      .look({ a: home });
    expect(course.picture).toBe('RolledBack a=RolledBack b=RolledBack');
    expect(course.rollout.reason).toMatch(
      /; 1 cluster is back, 1 cluster had no earlier revision and stays as it is$/,
    );
  });

  it('tells an offline cluster in advance to go back, and sees to it when it returns', () => {
    const course = new Course(['a', 'b'])
      .look()
      .look({ a: silent }, 61_000)
      .look({ a: silent }, 30_000)
      .look({ a: silent }, 30_000);
    expect(course.look({ a: silent }, 10_000).picture).toBe('Running a=Deferred b=Moving');
    course.look({ b: broken() }).look({ b: home });
    expect(course.picture).toBe('RolledBack a=Deferred b=RolledBack');
    expect(course.asked).toBe('pin a, pin b, restore a, restore b');
    course.look({ a: { heardAt: course.now + 1_000, phase: 'elsewhere' } });
    expect(course.picture).toBe('RolledBack a=RollingBack b=RolledBack');
    course.look({ a: { ...home, heardAt: course.now + 1_000 } });
    expect(course.picture).toBe('RolledBack a=RolledBack b=RolledBack');
  });

  it('lets nobody follow a canary that is offline, until it is back or its wave is skipped', () => {
    const strategy = { waves: [{ name: 'canary', size: 1 }] };
    const course = new Course(['a', 'b'], strategy).look({ a: silent });
    expect(course.picture).toBe('Running a=Deferred b=Pending');
    expect(course.rollout.reason).toMatch(/no cluster has taken the revision yet/);
    expect(course.command('skip-wave').look().picture).toBe('Running a=Skipped b=Moving');
    expect(course.look({ b: there }).picture).toBe('Succeeded a=Skipped b=Done');
  });

  it('catches up in batches after the end, and takes back alone who fails then', () => {
    const away = { b: silent, c: silent, d: silent };
    const course = new Course(['a', 'b', 'c', 'd'], { membership: { catchUp: { batch: 1 } } });
    course.look(away).look({ a: there });
    expect(course.picture).toBe('Succeeded a=Done b=Deferred c=Deferred d=Deferred');
    const back = { heardAt: course.now + 1_000 };
    expect(course.look({ b: back, c: back, d: back }).picture).toBe(
      'Succeeded a=Done b=Moving c=Deferred d=Deferred',
    );
    expect(course.look({ b: there }).picture).toBe('Succeeded a=Done b=Done c=Moving d=Deferred');
    expect(course.look({ c: broken() }).picture).toBe('Succeeded a=Done b=Done c=RollingBack d=Deferred');
    expect(course.look({ c: home }).picture).toBe('Succeeded a=Done b=Done c=RolledBack d=Deferred');
    expect(course.rollout.halted).toBe(true);
    course.command('resume').look({ d: there });
    expect(course.picture).toBe('Succeeded a=Done b=Done c=RolledBack d=Done');
    course.command('retry-failed').look({ c: moving });
    expect(course.picture).toBe('Succeeded a=Done b=Done c=Moving d=Done');
  });

  it.each<[policy: string, expected: string]>([
    ['last-wave', 'Running a=Moving j=Moving'],
    ['after', 'Running a=Moving j=Moving'],
    ['ignore', 'Running a=Moving'],
  ])('takes in a cluster that joins: %s', (joined, expected) => {
    const course = new Course(['a'], { maxConcurrent: 2, membership: { joined } })
      .look()
      .look({ j: {} })
      .look();
    expect(course.picture).toBe(expected);
    const joiner = course.rollout.clusters[1];
    if (joiner) expect(joiner.wave).toBe(joined === 'last-wave' ? 0 : null);
  });

  it.each<[policy: string, expected: string]>([
    ['keep', 'Running a=Moving b=Pending'],
    ['drop', 'Running a=Moving b=Dropped'],
  ])(
    'goes by the policy for labels that do not match any more, before a cluster has begun: %s',
    (relabelled, expected) => {
      const course = new Course(['a', 'b'], { maxConcurrent: 1, membership: { relabelled } }).look();
      expect(course.look({ a: { member: false }, b: { member: false } }).picture).toBe(expected);
    },
  );

  it('drops a cluster that leaves the fleet while it moves, and ends without it', () => {
    const course = new Course(['a', 'b']).look().look({ a: { gone: true }, b: there });
    expect(course.picture).toBe('Succeeded a=Dropped b=Done');
  });

  it('pauses where failures are for people, who go on and bear them', () => {
    const course = new Course(['a', 'b'], { maxConcurrent: 1, onFailure: 'pause' })
      .look()
      .look({ a: broken() });
    expect(course.picture).toBe('Paused a=Failed b=Pending');
    expect(course.actions.some(({ type }) => type === 'veto')).toBe(false);
    expect(course.command('resume').look().picture).toBe('Running a=Failed b=Moving');
    expect(course.look({ b: there }).rollout).toMatchObject({
      state: 'Succeeded',
      reason: '1 of 2 clusters done, 1 failed',
    });
  });

  it('begins nothing while it is paused, and watches what moves', () => {
    const course = new Course(['a', 'b'], { maxConcurrent: 1 }).look().command('pause').look({ a: there });
    expect(course.picture).toBe('Paused a=Done b=Pending');
    expect(course.rollout.reason).toBe('paused by ada: why');
    expect(course.command('resume').look().picture).toBe('Running a=Done b=Moving');
  });

  it('leaves clusters where they are when it is aborted, and goes back from there when asked', () => {
    const course = new Course(['a', 'b'], { maxConcurrent: 1 }).look().command('abort');
    expect(course.look({ a: there }).picture).toBe('Aborted a=Done b=Skipped');
    expect(course.command('rollback').look().look({ a: home }).picture).toBe(
      'RolledBack a=RolledBack b=Skipped',
    );
    expect(
      course.actions.filter(({ type }) => type === 'finish' || type === 'reopen').map(({ type }) => type),
    ).toEqual(['finish', 'reopen', 'finish']);
  });

  it('says that a rollback is tried again by a rollback, not by a retry', () => {
    const course = new Course(['a'], { soak: '1h' }).look().command('rollback').look({ a: broken() });
    expect(course.picture).toBe('Failed a=Failed');
    expect(commandProblem(course.rollout, 'retry-failed')).toBe(
      'what failed is the way back; rollback tries that again',
    );
    expect(course.command('rollback').look({ a: home }).look().picture).toBe('RolledBack a=RolledBack');
  });

  it('lets go of clusters that another environment has taken over, and looks after the others', () => {
    const course = new Course(['a', 'b', 'c'], { failureBudget: 1 }).look({ c: silent });
    course.look({ a: there, b: broken() });
    expect(course.picture).toBe('Succeeded a=Done b=Failed c=Deferred');
    course.tell({ type: 'superseded', by: 'r2', clusters: ['a', 'b'] });
    expect(course.picture).toBe('Succeeded a=Dropped b=Dropped c=Deferred');
    expect(course.message('a')).toBe('rollout r2 has taken over');
    course.look({ a: { member: false }, b: { member: false }, c: { heardAt: course.now } });
    expect([course.picture, isOpen(course.rollout)]).toEqual([
      'Succeeded a=Dropped b=Dropped c=Moving',
      true,
    ]);
    expect(commandProblem(course.rollout, 'retry-failed')).toBe('no cluster has failed');
    course.command('rollback').look({ c: home });
    expect(course.picture).toBe('RolledBack a=Dropped b=Dropped c=RolledBack');
    expect(course.asked).toBe('pin a, pin b, pin c, restore c');
  });

  it('tells a cluster again that another environment had taken over and that is back', () => {
    const course = new Course(['a', 'b']).look().look({ a: there, b: there });
    course.tell({ type: 'superseded', by: 'r2', clusters: ['a'] }).look({ a: { member: false } });
    course.look({ a: { member: true, phase: 'elsewhere', healthyRun: '' } });
    expect([course.picture, course.asked]).toEqual(['Succeeded a=Moving b=Done', 'pin a, pin b, pin a']);
    expect(course.look({ a: there }).picture).toBe('Succeeded a=Done b=Done');
  });

  it('looks after nobody any more when its pipeline is gone, and takes no command', () => {
    const course = new Course(['a', 'b'])
      .look({ b: silent })
      .look({ a: there })
      .tell({ type: 'retired', reason: 'pipeline web was deleted' });
    expect([course.picture, course.message('b'), isOpen(course.rollout)]).toEqual([
      'Succeeded a=Done b=Dropped',
      'pipeline web was deleted',
      false,
    ]);
    course.look({ b: { heardAt: start + 3_600_000 }, c: {} }, 3_600_000);
    expect(course.picture).toBe('Succeeded a=Done b=Dropped');
    expect(commandProblem(course.rollout, 'rollback')).toBe(
      'a later rollout has taken over, or its pipeline is gone',
    );
  });

  it('goes on to its end although its pipeline is gone', () => {
    const course = new Course(['a']).look().tell({ type: 'retired', reason: 'pipeline web was deleted' });
    expect(course.look({ a: there }).picture).toBe('Succeeded a=Done');
  });

  it.each(['Skipped', 'RolledBack'] as const)('lets go of one that is %s, too', (state) => {
    const course = new Course(['a', 'b'], { maxConcurrent: 1 }).look();
    course.command('rollback').look({ a: home });
    expect(course.picture).toBe('RolledBack a=RolledBack b=Skipped');
    const taken = state === 'Skipped' ? 'b' : 'a';
    course.tell({ type: 'superseded', by: 'r2', clusters: [taken] });
    expect(course.rollout.clusters.find(({ id }) => id === taken)?.state).toBe('Dropped');
  });

  it('stops when somebody vetoes its revision', () => {
    const course = new Course(['a', 'b'], { maxConcurrent: 1 }).look();
    course.tell({ type: 'vetoed', by: 'ada', reason: 'CVE' });
    expect(course.picture).toBe('RollingBack a=RollingBack b=Skipped');
    expect(course.rollout.reason).toBe('vetoed by ada: CVE');
  });

  it('only watches where clusters follow their ref: no pin, no rollback, and those that moved on are left alone', () => {
    const course = new Course(['a', 'b'], { soak: '5s' }, 'follow')
      .look()
      .look({ a: there, b: { movedOn: true } });
    expect(course.look({}, 5_000).picture).toBe('Succeeded a=Done b=Skipped');
    expect(course.asked).toBe('');
    expect(commandProblem(course.rollout, 'rollback')).toMatch(/follow their ref/);
  });

  it('does nothing twice: the same look decides nothing new', () => {
    const course = new Course(['a', 'b'], { maxConcurrent: 1 }).look();
    const before = course.rollout;
    course.look({}, 0);
    expect(course.rollout.clusters).toBe(before.clusters);
    expect(course.asked).toBe('pin a');
  });

  it.each([3_600_000, -3_600_000])('takes nobody for offline because a clock jumped by %i ms', (jump) => {
    const course = new Course(['a', 'b'], { progressDeadline: '30m' }).look();
    const heardAt = course.now;
    course.look({ a: { heardAt }, b: { heardAt } }, jump);
    expect(course.picture).toBe('Running a=Moving b=Moving');
    course.look({}, 59_000);
    expect(course.picture).toBe('Running a=Moving b=Moving');
  });
});
