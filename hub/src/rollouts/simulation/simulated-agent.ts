import type { ClusterProgress, Observation, Phase } from '../domain/rollout.js';
import type { Outcome, ScheduledCluster } from './schedule.js';

/** The revisions of the simulated world. */
export const revisions = { before: 'main@sha1:a', target: 'main@sha1:b', newer: 'main@sha1:c' } as const;

/** What an agent says. */
interface Report {
  readonly revision: string | null;
  readonly health: 'healthy' | 'progressing' | 'failed';
  /** By its own clock. */
  readonly since: number;
  /** Names the failure. */
  readonly failure: string;
  /** The pin that it refuses. */
  readonly refused: string | null;
}

/** A cluster with its agent, and what the hub holds of it. */
export class SimulatedAgent {
  readonly id: string;
  readonly zone: string | null;
  exists: boolean;
  member = true;
  connected: boolean;
  frozen = false;
  /** What the hub keeps for it, and what it has got. */
  standingPin: string | null = null;
  private pin: string | null = null;
  private attempts = 0;
  private failures = 0;
  private actual: Report;
  private older: Report;
  private received: Report;
  private heardAt: number | null;
  private lastGood: string | null;

  constructor(
    index: number,
    private readonly scheduled: ScheduledCluster,
    now: number,
  ) {
    this.id = `c${index}`;
    this.zone = scheduled.zone;
    this.exists = !scheduled.absent;
    this.connected = !scheduled.offline;
    const revision = scheduled.early ? revisions.target : scheduled.blank ? null : revisions.before;
    this.actual = { revision, health: 'healthy', since: now - 600_000, failure: '', refused: null };
    this.older = this.actual;
    this.received = this.actual;
    this.heardAt = scheduled.offline ? now - 3_600_000 : now;
    this.lastGood = revision;
  }

  get revision(): string | null {
    return this.actual.revision;
  }

  get healthy(): boolean {
    return this.actual.health === 'healthy';
  }

  get labels(): Readonly<Record<string, string>> {
    return { ring: this.scheduled.ring, ...(this.zone === null ? {} : { zone: this.zone }) };
  }

  /** Takes what the hub keeps, and goes on with its work by one step. `head`: what its ref points to, if it follows. */
  work(now: number, head: string | null): void {
    if (this.connected) this.pin = this.standingPin;
    const wanted = this.pin ?? head;
    if (wanted !== null && wanted !== this.actual.revision) {
      if (!this.frozen) this.moveTo(wanted, now);
    } else if (this.actual.health === 'progressing') this.settle(now);
    else if (this.actual.health === 'failed' && this.outcome() === 'ok')
      this.become({ health: 'progressing', failure: '' }, now);
  }

  /** Health comes and goes. */
  flap(now: number): void {
    const { health } = this.actual;
    if (health === 'healthy') this.become({ health: 'progressing' }, now);
    else if (health === 'progressing' && this.outcome() === 'ok') this.become({ health: 'healthy' }, now);
  }

  /** What was healthy fails. */
  break(now: number): void {
    if (this.healthy) this.become({ health: 'failed', failure: this.nextFailure() }, now);
  }

  /** Nothing is held up any more. */
  recover(): void {
    this.connected = true;
    this.frozen = false;
  }

  deliver(now: number, what: 'now' | 'late'): void {
    if (!this.connected || !this.exists) return;
    this.received = what === 'now' ? this.actual : this.older;
    this.heardAt = now;
    if (this.received.health === 'healthy') this.lastGood = this.received.revision;
  }

  /** What the hub knows, compared to where the cluster is to go. */
  observe(now: number, progress: ClusterProgress | undefined, follows: boolean): Observation {
    const { revision, since, failure } = this.received;
    const target = progress?.goal === 'previous' ? progress.previous[0] : revisions.target;
    const phase = phaseOf(this.received, target);
    return {
      id: this.id,
      name: this.id,
      domain: this.zone,
      member: this.exists && this.member,
      gone: !this.exists,
      heardAt: this.heardAt,
      phase,
      live: this.heardAt !== null && Math.abs(now - this.heardAt) < 20_000,
      healthySince: phase === 'at-target' ? since : null,
      healthyRun: phase === 'at-target' ? String(since) : '',
      failure: phase === 'failed' || phase === 'refused' ? failure : '',
      message: phase === 'at-target' ? '' : phase,
      frozen: this.frozen ? { message: 'frozen' } : null,
      lastGood: [this.lastGood],
      movedOn: follows && revision === revisions.newer,
    };
  }

  private moveTo(wanted: string, now: number): void {
    if (wanted === revisions.target) this.attempts += 1;
    if (wanted === revisions.target && this.outcome() === 'refuse') {
      if (this.actual.refused !== wanted) this.become({ refused: wanted, failure: this.nextFailure() }, now);
      return;
    }
    this.become({ revision: wanted, health: 'progressing', refused: null, failure: '' }, now);
  }

  private settle(now: number): void {
    const outcome = this.outcome();
    if (outcome === 'ok') this.become({ health: 'healthy' }, now);
    else if (outcome === 'fail') this.become({ health: 'failed', failure: this.nextFailure() }, now);
  }

  private outcome(): Outcome {
    if (this.actual.revision === revisions.before && this.pin === revisions.before)
      return this.scheduled.brokenHome ? 'fail' : 'ok';
    const { outcomes } = this.scheduled;
    return outcomes[Math.min(this.attempts, outcomes.length) - 1] ?? 'ok';
  }

  /** The hub asks once more for what failed: the agent tries again. */
  retry(now: number): void {
    if (this.actual.refused !== null) this.become({ refused: null, failure: '' }, now);
    else if (this.actual.revision === revisions.target && this.actual.health !== 'healthy') {
      this.attempts += 1;
      this.become({ health: 'progressing', failure: '' }, now);
    }
  }

  private become(change: Partial<Report>, now: number): void {
    this.older = this.actual;
    this.actual = { ...this.actual, ...change, since: now + this.scheduled.skewMs };
  }

  private nextFailure(): string {
    this.failures += 1;
    return `failure-${this.failures}`;
  }
}

function phaseOf({ revision, health, refused }: Report, target: string | null | undefined): Phase {
  if (refused !== null && refused === target) return 'refused';
  if (revision !== target) return 'elsewhere';
  if (health === 'healthy') return 'at-target';
  return health === 'failed' ? 'failed' : 'moving';
}
