import type { RolloutEnd, RolloutState } from '@flotilla/common/fleet-api/rollout-state';
import type {
  ClusterProgress,
  Decision,
  Rollout,
  RolloutAction,
  RolloutPlan,
  WaveProgress,
} from './rollout.js';
import type { ClusterState, WaveState } from './states.js';
import {
  assertTransition,
  clusterTransitions,
  isFinal,
  rolloutTransitions,
  waveTransitions,
} from './states.js';

/** Longest step of the rollout's clock: what is longer is a gap in which nobody watched, or a jump of the clock. */
export const longestStepMs = 30_000;

type Fields = { -readonly [Key in keyof Omit<Rollout, 'clusters' | 'waves'>]: Rollout[Key] };

/**
 * A rollout while a decision is made: every change goes through here, is checked against the tables of transitions,
 * and copies only what changes.
 */
export class Draft {
  readonly plan: RolloutPlan;
  readonly actions: RolloutAction[] = [];
  readonly fields: Fields;
  /** Something is known already that has to be judged by a decision of its own. */
  lookSoon = false;
  private list: readonly ClusterProgress[];
  private waveList: readonly WaveProgress[];

  constructor(
    private readonly before: Rollout,
    /** The wall clock, in milliseconds since 1970. */
    readonly now: number,
  ) {
    this.plan = before.plan;
    this.list = before.clusters;
    this.waveList = before.waves;
    this.fields = { ...before };
    this.advanceClock();
  }

  get state(): RolloutState {
    return this.fields.state;
  }

  get clusters(): readonly ClusterProgress[] {
    return this.list;
  }

  get waves(): readonly WaveProgress[] {
    return this.waveList;
  }

  /** The rollout's own clock. */
  get elapsed(): number {
    return this.fields.elapsed;
  }

  cluster(index: number): ClusterProgress {
    return this.list[index]!;
  }

  /** Changes a cluster without a change of its state. */
  patch(index: number, change: Partial<Omit<ClusterProgress, 'state'>>): void {
    this.write(index, { ...this.cluster(index), ...change });
  }

  /** Says why a cluster is where it is; the same words are no change. */
  say(index: number, message: string): void {
    if (this.cluster(index).message !== message) this.patch(index, { message });
  }

  /** Brings a cluster into another state. @throws IllegalTransitionError */
  move(index: number, state: ClusterState, message: string, change: Partial<ClusterProgress> = {}): void {
    const cluster = this.cluster(index);
    assertTransition(clusterTransitions, `cluster ${cluster.name}`, cluster.state, state);
    const moves = state === 'Moving' || state === 'Soaking' || state === 'RollingBack';
    this.write(index, {
      ...cluster,
      countingFrom: null,
      healthyFrom: null,
      healthyRun: '',
      spentMs: 0,
      endedAt: moves || state === 'Pending' || state === 'Deferred' ? null : this.now,
      // That a cluster was taken back alone is remembered until it is retried.
      cause: cluster.cause === 'caught-up-badly' ? cluster.cause : '',
      ...change,
      state,
      message,
    });
  }

  add(cluster: ClusterProgress): number {
    this.list = [...this.list, cluster];
    return this.list.length - 1;
  }

  /** Brings a wave into another state. @throws IllegalTransitionError */
  moveWave(index: number, state: WaveState): void {
    const wave = this.waveList[index]!;
    assertTransition(waveTransitions, `wave ${this.plan.waves[index]!.name}`, wave.state, state);
    this.writeWave(index, {
      state,
      soakFrom: state === 'Soaking' ? this.elapsed : null,
      beganAt: wave.beganAt ?? (state === 'Running' ? this.now : null),
      endedAt: state === 'Done' || state === 'Skipped' ? this.now : null,
    });
  }

  /** The wave soaks from now on. */
  soakAgain(index: number): void {
    const wave = this.waveList[index]!;
    if (wave.soakFrom !== this.elapsed) this.writeWave(index, { ...wave, soakFrom: this.elapsed });
  }

  /** Brings the rollout into another state; a final one is told. @throws IllegalTransitionError */
  become(state: RolloutState, reason: string): void {
    const from = this.fields.state;
    assertTransition(rolloutTransitions, 'rollout', from, state);
    this.fields.state = state;
    this.fields.reason = reason;
    if (isFinal(state)) this.actions.push({ type: 'finish', state: state satisfies RolloutEnd, reason });
    else if (isFinal(from)) this.actions.push({ type: 'reopen', state });
  }

  /** What has been decided. Nothing but the clock changed: everything else is shared with the state before. */
  finish(wakeAt: number | null): Decision {
    if (wakeAt !== null) this.actions.push({ type: 'wakeAt', at: wakeAt });
    return {
      state: { ...this.fields, plan: this.plan, waves: this.waveList, clusters: this.list },
      actions: this.actions,
    };
  }

  private write(index: number, cluster: ClusterProgress): void {
    if (this.list === this.before.clusters) this.list = this.list.slice();
    (this.list as ClusterProgress[])[index] = cluster;
  }

  private writeWave(index: number, wave: WaveProgress): void {
    if (this.waveList === this.before.waves) this.waveList = this.waveList.slice();
    (this.waveList as WaveProgress[])[index] = wave;
  }

  /** Time goes on by what the wall clock shows, never back, and never over a gap. */
  private advanceClock(): void {
    const step = this.now - this.before.at;
    this.fields.at = this.now;
    this.fields.elapsed += Math.min(Math.max(step, 0), longestStepMs);
    if (step < 0 || step > longestStepMs) this.fields.steadyFrom = this.fields.elapsed;
  }
}
