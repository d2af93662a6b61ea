import type { Gate } from '@flotilla/common/fleet-api/gates';
import { decide } from '../domain/decide.js';
import type { Observation, PromotionEvent, RolloutNews, Setup } from '../domain/events.js';
import { hasApproved, isAuthor } from '../domain/gates/approval.js';
import type { GateFacts } from '../domain/gates/gate-facts.js';
import type { Person, Promotion } from '../domain/promotion.js';
import { isEnd, isMoving, isTransition, isWaiting } from '../domain/promotion-state.js';
import type { QueuePolicy } from '../domain/queue.js';
import { arrangeQueue } from '../domain/queue.js';

const epoch = Date.UTC(2026, 2, 28);
const people: readonly Person[] = ['ada', 'bob', 'cy'].map((name) => ({
  tokenId: name,
  name,
  emails: [`${name}@example.com`],
  groups: [],
}));

/** What holds a lane in a simulation. */
export interface LaneRules {
  readonly policy: QueuePolicy;
  readonly before: readonly Gate[];
  readonly after: readonly Gate[];
  readonly delivery: Setup['delivery'];
  readonly onFailure: Setup['onFailure'];
  /** Of gates of type approval. */
  readonly required: number;
}

/** One environment of one pipeline without a database: what happens to it, and whether every promise is kept. */
export class LaneWorld {
  readonly promotions = new Map<string, Promotion>();
  now = new Date(epoch);
  frozen = false;
  vetoed = new Set<string>();
  present = true;
  busyElsewhere = false;
  /** Rollouts that run, by promotion. */
  readonly rollouts = new Map<string, 'forward' | 'back'>();
  private readonly questions = new Map<string, PromotionEvent & { readonly type: 'answered' }>();
  private readonly deliveries = new Set<string>();
  private count = 0;
  private releases = 0;

  constructor(readonly rules: LaneRules) {}

  newRelease(author: number): void {
    this.releases += 1;
    this.add(this.releases, 'automatic', 'normal', author);
  }

  promote(number: number, hotfix: boolean): void {
    if (number >= 1 && number <= this.releases) this.add(number, 'manual', hotfix ? 'hotfix' : 'normal', 0);
  }

  pick(index: number): Promotion | undefined {
    return [...this.promotions.values()].at(index % Math.max(1, this.promotions.size));
  }

  approve(promotion: Promotion, who: number): void {
    const person = people[who % people.length];
    const stage = promotion.state === 'Verifying' ? 'after' : 'before';
    if (!person || isEnd(promotion.state) || hasApproved(promotion, stage, person)) return;
    const approval = { stage, releaseId: promotion.releaseId, person, comment: '', at: this.now } as const;
    this.apply(promotion.id, { type: 'approved', approval });
  }

  /** The rollout of a promotion ends. */
  finish(promotion: Promotion, state: 'Succeeded' | 'Failed' | 'Aborted' | 'RolledBack'): void {
    const direction = this.rollouts.get(promotion.id);
    if (!direction || (direction === 'back' && state === 'Succeeded')) return;
    this.rollouts.delete(promotion.id);
    this.tell(promotion.id, { state, reason: `the rollout ${state}` });
  }

  /** Somebody starts a rollout again that has ended. */
  reopen(promotion: Promotion, state: 'Running' | 'RollingBack'): void {
    const busy = [...this.promotions.values()].some((one) => one.id !== promotion.id && isMoving(one.state));
    if (busy || this.rollouts.has(promotion.id) || promotion.rolloutId === null) return;
    if (state === 'Running' && promotion.state === 'Promoted') return;
    if (state === 'RollingBack' && promotion.state === 'RolledBack') return;
    this.rollouts.set(promotion.id, state === 'Running' ? 'forward' : 'back');
    this.tell(promotion.id, { state, reason: 'sent back' });
  }

  apply(id: string, event: PromotionEvent): void {
    const before = this.promotions.get(id);
    if (!before) return;
    const { state, actions } = decide(before, event, this.now);
    this.promotions.set(id, state);
    this.checkStep(before, state, event);
    for (const action of actions) {
      if (action.type === 'start') this.start(state);
      if (action.type === 'command')
        this.rollouts.set(id, action.command === 'rollback' ? 'back' : 'forward');
      if (action.type === 'deliver') this.deliveries.add(id);
      if (action.type === 'ask') {
        const answer = { phase: 'pass', message: 'green', until: null, memory: null } as const;
        const { stage, gate } = action;
        this.questions.set(`${id}/${stage}/${gate}`, { type: 'answered', stage, gate, answer });
      }
    }
  }

  /** As the hub does: arranges the queue and looks at everything until nothing changes. */
  settle(): void {
    for (let round = 0; round < 500; round += 1) {
      const before = this.picture();
      const queue = arrangeQueue({
        policy: this.rules.policy,
        current: this.current(),
        promotions: this.open(),
      });
      for (const { id, reason } of queue.superseded) this.apply(id, { type: 'superseded', reason });
      for (const promotion of this.open()) {
        if (promotion.state !== 'Verifying' && !isWaiting(promotion.state)) continue;
        this.apply(promotion.id, { type: 'observed', observation: this.observe(promotion, queue) });
      }
      if (this.picture() === before) return this.checkRest();
    }
    throw new Error(`no rest: ${this.picture()}`);
  }

  /** What the outside is asked, by promotion, stage and gate; whoever takes it answers or forgets. */
  takeQuestions(): ReadonlyMap<string, PromotionEvent & { readonly type: 'answered' }> {
    const taken = new Map(this.questions);
    this.questions.clear();
    return taken;
  }

  takeDeliveries(): ReadonlySet<string> {
    const taken = new Set(this.deliveries);
    this.deliveries.clear();
    return taken;
  }

  open(): readonly Promotion[] {
    return [...this.promotions.values()].filter(({ state }) => !isEnd(state));
  }

  private observe(promotion: Promotion, queue: ReturnType<typeof arrangeQueue>): Observation {
    const { before, after, delivery, onFailure } = this.rules;
    return {
      setup: this.present ? { before, after, delivery, onFailure } : null,
      turn: queue.turn === promotion.id,
      behind: queue.behind,
      facts: this.facts(),
      vetoed: this.vetoed.has(promotion.releaseId) ? 'burns' : '',
      outrun: '',
      obstacles: this.busyElsewhere ? ['another pipeline moves it'] : [],
    };
  }

  private facts(): GateFacts {
    const freeze = { name: 'sale', reason: 'sale', until: new Date(this.now.getTime() + 60_000) };
    return {
      predecessors: [],
      promotedHereAt: null,
      releasedAt: new Date(epoch),
      health: [],
      freezes: this.frozen ? [freeze] : [],
      breakGlass: false,
    };
  }

  private current(): { readonly name: string; readonly number: number } | null {
    const promoted = [...this.promotions.values()]
      .filter(({ state }) => state === 'Promoted')
      .sort((a, b) => (a.endedAt?.getTime() ?? 0) - (b.endedAt?.getTime() ?? 0))
      .at(-1);
    return promoted ? { name: promoted.releaseName, number: promoted.releaseNumber } : null;
  }

  private add(
    number: number,
    origin: Promotion['origin'],
    priority: Promotion['priority'],
    author: number,
  ): void {
    this.count += 1;
    const id = `p${String(this.count).padStart(4, '0')}`;
    const email = people[author % people.length]?.emails[0] ?? '';
    this.promotions.set(id, {
      id,
      pipeline: 'web',
      environment: 'prod',
      releaseId: `r${number}`,
      releaseName: `web-${number}`,
      releaseNumber: number,
      origin,
      priority,
      requestedBy: 'hub',
      authors: { emails: [email], tokens: [] },
      state: 'Queued',
      reason: '',
      waitingFor: 'its turn',
      waitingUntil: null,
      gates: [],
      approvals: [],
      delivery: null,
      rolloutId: null,
      wish: null,
      onFailure: null,
      createdAt: this.now,
      startedAt: null,
      rolledOutAt: null,
      endedAt: null,
    });
  }

  private tell(id: string, news: RolloutNews): void {
    this.apply(id, { type: 'rollout', news });
  }

  private start(promotion: Promotion): void {
    if (this.frozen) throw new Error(`${promotion.id} starts into a freeze`);
    if (this.busyElsewhere) throw new Error(`${promotion.id} starts into another pipeline`);
    if (this.vetoed.has(promotion.releaseId)) throw new Error(`${promotion.id} starts a vetoed release`);
    if (this.rollouts.size > 0)
      throw new Error(`${promotion.id} starts beside ${[...this.rollouts.keys()].join()}`);
    const yes = promotion.approvals.filter(
      ({ stage, releaseId, person }) =>
        stage === 'before' && releaseId === promotion.releaseId && !isAuthor(promotion.authors, person),
    );
    const asks = this.rules.before.some(({ type }) => type === 'approval');
    if (asks && new Set(yes.map(({ person }) => person.name)).size < this.rules.required)
      throw new Error(`${promotion.id} starts without its approvals`);
    const current = this.current();
    if (promotion.origin === 'automatic' && current && current.number >= promotion.releaseNumber)
      throw new Error(`${promotion.id} goes back by itself`);
    this.rollouts.set(promotion.id, 'forward');
    this.apply(promotion.id, { type: 'started', rolloutId: `rollout-${promotion.id}` });
  }

  private checkStep(
    before: Promotion,
    { id, state, reason, endedAt }: Promotion,
    event: PromotionEvent,
  ): void {
    const path = `${id}: ${before.state} to ${state} by ${event.type}`;
    if (event.type === 'superseded' && isMoving(before.state) && state !== before.state)
      throw new Error(`${path}: it moved`);
    if (
      event.type !== 'observed' &&
      event.type !== 'rollout' &&
      before.state !== state &&
      !isTransition(before.state, state)
    )
      throw new Error(`${path}: no such transition`);
    if (isEnd(state) !== (endedAt !== null) || (isEnd(state) && reason === ''))
      throw new Error(`${path}: an end without a reason or time`);
  }

  private checkRest(): void {
    const moving = this.open().filter(({ state }) => isMoving(state));
    if (moving.length > 1) throw new Error(`two move: ${moving.map(({ id }) => id).join()}`);
    for (const { id, state, waitingFor } of this.open())
      if (waitingFor === '') throw new Error(`${id} is ${state} and does not say for what it waits`);
    const turns = this.open().filter(({ state }) => state === 'Gating' || state === 'Delivering');
    if (turns.length > 1) throw new Error(`two have the turn: ${turns.map(({ id }) => id).join()}`);
  }

  private picture(): string {
    return [...this.promotions.values()].map(({ id, state }) => `${id}=${state}`).join(' ');
  }
}
