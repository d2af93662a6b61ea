import { decide } from '../domain/decide.js';
import { isToGoOn } from '../domain/go-on.js';
import { isRetried } from '../domain/commands.js';
import { newRollout, planWaves } from '../domain/plan.js';
import type { Decision, Rollout, RolloutEvent } from '../domain/rollout.js';
import { isFinal } from '../domain/states.js';
import { isInFlight } from '../domain/tally.js';
import type { Told } from './invariants.js';
import { checkDecision, checkLater, checkSettled, promise } from './invariants.js';
import type { Schedule, Step } from './schedule.js';
import { revisions, SimulatedAgent } from './simulated-agent.js';

const start = Date.UTC(2026, 0, 1);
/** Rounds without faults in which everything has to come to its end. */
const calmRounds = 600;

/** How a schedule went, for the statistics. */
export interface Run {
  readonly decisions: number;
  readonly state: Rollout['state'];
}

/** Runs a schedule. @throws BrokenPromiseError, IllegalTransitionError */
export function runSchedule(schedule: Schedule): Run {
  return new Simulation(schedule).run();
}

class Simulation {
  private now = start;
  private rollout: Rollout;
  private wakeAt: number | null = null;
  private head: string = revisions.target;
  private dies = false;
  private decisions = 0;
  private readonly agents: readonly SimulatedAgent[];
  private readonly told: Told = { pins: new Map(), mayRetry: new Set() };

  constructor(private readonly schedule: Schedule) {
    this.agents = schedule.clusters.map((cluster, index) => new SimulatedAgent(index, cluster, start));
    const members = this.agents
      .filter(({ exists }) => exists)
      .map((agent) => ({ clusterId: agent.id, name: agent.id, labels: agent.labels }));
    const { waves } = planWaves(schedule.strategy, members);
    this.rollout = newRollout(
      {
        kind: 'promotion',
        delivery: schedule.delivery,
        revisions: [revisions.target],
        strategy: schedule.strategy,
      },
      members,
      waves,
      start,
    );
  }

  run(): Run {
    for (const step of this.schedule.steps) this.take(step);
    this.calm();
    return { decisions: this.decisions, state: this.rollout.state };
  }

  private take(step: Step): void {
    if ('cluster' in step) return this.takeOf(step);
    switch (step.type) {
      case 'wait':
      case 'jump':
        this.now += step.ms;
        return;
      case 'wake':
        this.now = Math.max(this.now, this.wakeAt ?? 0);
        return this.look();
      case 'command':
        this.decide({ type: step.command, by: 'somebody', reason: '' });
        return this.look();
      case 'veto':
        this.decide({ type: 'vetoed', by: 'somebody', reason: 'bad' });
        return this.look();
      case 'supersede':
        if (isFinal(this.rollout.state)) this.decide({ type: 'superseded', by: 'r2' });
        return;
      case 'newer':
        this.head = revisions.newer;
        return;
      case 'kill':
        this.dies = true;
    }
  }

  private takeOf(step: Extract<Step, { readonly cluster: number }>): void {
    const agent = this.agents[step.cluster];
    if (!agent) return;
    if (step.type === 'agent') this.work(agent, step.report);
    else disturb(agent, step.type, this.now);
  }

  private work(agent: SimulatedAgent, report: 'now' | 'lost' | 'late' | 'twice'): void {
    agent.work(this.now, this.schedule.delivery === 'follow' ? this.head : null);
    if (report === 'lost') return;
    agent.deliver(this.now, report === 'late' ? 'late' : 'now');
    this.look();
    if (report === 'twice') this.look();
  }

  /** As the hub does: as long as there is more to decide, at once. */
  private look(): void {
    const most = 10 + 2 * this.rollout.clusters.length;
    for (let round = 0; this.lookOnce(); round += 1)
      promise(round < most, `looks ${most} times at what does not change`);
  }

  private lookOnce(): boolean {
    const follows = this.schedule.delivery === 'follow';
    const byId = new Map(this.rollout.clusters.map((cluster) => [cluster.id, cluster]));
    const clusters = this.agents
      .filter((agent) => agent.exists || byId.has(agent.id))
      .map((agent) => agent.observe(this.now, byId.get(agent.id), follows));
    const before = this.rollout;
    const event: RolloutEvent = { type: 'observed', clusters };
    checkLater(before, clusters, this.now);
    this.decide(event);
    return isToGoOn(before, this.rollout, event, this.now);
  }

  /** A decision and what it does are stored together, or not at all. */
  private decide(event: RolloutEvent): void {
    const before = this.rollout;
    const decision = decide(before, event, this.now);
    this.decisions += 1;
    const list = event.type === 'observed' ? event.clusters : [];
    const observations = new Map(list.map((observation) => [observation.id, observation]));
    if (this.dies) {
      this.dies = false;
      this.rollout = JSON.parse(JSON.stringify(before)) as Rollout;
      return;
    }
    if (event.type === 'retry-failed') this.allowRetries(before, decision);
    checkDecision(before, decision, observations, this.told);
    this.rollout = decision.state;
    this.carryOut(decision);
  }

  private allowRetries(before: Rollout, { state }: Decision): void {
    before.clusters.forEach((cluster, index) => {
      if (isRetried(cluster) && state.clusters[index] !== cluster) this.told.mayRetry.add(cluster.id);
    });
  }

  private carryOut({ actions }: Decision): void {
    this.wakeAt = null;
    for (const action of actions) {
      if (action.type === 'wakeAt') this.wakeAt = action.at;
      if (action.type !== 'pin' && action.type !== 'restore') continue;
      const agent = this.agents.find(({ id }) => id === action.clusterId)!;
      agent.standingPin = action.type === 'pin' ? revisions.target : (action.revisions[0] ?? null);
      if (action.type === 'pin' && action.retry) agent.retry(this.now);
    }
  }

  /** The faults stop, agents do their work: everything has to come to its end. */
  private calm(): void {
    this.dies = false;
    for (const agent of this.agents) agent.recover();
    for (let round = 0; round < calmRounds && !this.isSettled(); round += 1) {
      this.now = Math.max(this.now + 1_000, Math.min(this.wakeAt ?? Infinity, this.now + 10_000));
      if (this.rollout.state === 'Paused' && round > 2)
        this.decide({ type: round > 200 ? 'abort' : this.schedule.finally, by: 'somebody', reason: '' });
      for (const agent of this.agents) {
        agent.work(this.now, this.schedule.delivery === 'follow' ? this.head : null);
        agent.deliver(this.now, 'now');
      }
      this.look();
    }
    if (this.rollout.superseded) return;
    checkSettled(this.rollout);
    this.checkClusters();
  }

  private isSettled(): boolean {
    const { state, clusters, halted, superseded } = this.rollout;
    if (superseded) return true;
    if (!isFinal(state)) return false;
    return clusters.every(
      (cluster) =>
        !isInFlight(cluster) && (cluster.state !== 'Deferred' || (halted && cluster.goal === 'target')),
    );
  }

  /** What the rollout says of its clusters is what they have. */
  private checkClusters(): void {
    const { state, clusters, plan } = this.rollout;
    clusters.forEach((cluster) => {
      const agent = this.agents.find(({ id }) => id === cluster.id)!;
      if (cluster.state === 'Done' && plan.delivery === 'pins')
        promise(agent.revision === revisions.target, `${cluster.id} is Done at ${agent.revision}`);
      if (cluster.state === 'RolledBack')
        promise(
          agent.standingPin === (cluster.previous[0] ?? null),
          `${cluster.id} is RolledBack with another pin`,
        );
      const stays = cluster.state === 'Dropped' || cluster.touched === 0;
      if (state === 'RolledBack' && !stays)
        promise(cluster.goal === 'previous', `${cluster.id} was touched and left behind by the rollback`);
    });
  }
}

function disturb(
  agent: SimulatedAgent,
  what: 'flap' | 'break' | 'unplug' | 'plug' | 'join' | 'leave' | 'relabel' | 'freeze' | 'thaw',
  now: number,
): void {
  switch (what) {
    case 'flap':
      return agent.flap(now);
    case 'break':
      return agent.break(now);
    case 'unplug':
    case 'plug':
      agent.connected = what === 'plug';
      return;
    case 'join':
    case 'leave':
      agent.exists = what === 'join';
      return;
    case 'relabel':
      agent.member = !agent.member;
      return;
    case 'freeze':
    case 'thaw':
      agent.frozen = what === 'freeze';
  }
}
