import { decide } from '../domain/decide.js';
import { authorsUpTo } from '../domain/authors.js';
import type { PromotionEvent, RolloutNews } from '../domain/events.js';
import type { Promotion } from '../domain/promotion.js';
import { isMoving, isWaiting } from '../domain/promotion-state.js';
import { arrangeQueue } from '../domain/queue.js';
import { observe } from './observe.js';
import { checkRest, checkStart, checkStep, promise } from './promises.js';
import type { SimulatedEnvironment } from './schedule.js';
import { humanOf } from './simulated-people.js';
import type { PromotionWorld, SimulatedRelease } from './world.js';
import { currentOf, openIn, promotedAt } from './world.js';

const mostRounds = 200;

/**
 * The hub without a database: what `LaneEngine`, `PromotionQueue` and `RolloutDesk` do, in transactions that are stored
 * as a whole or not at all. What it has not stored it forgets when it is killed.
 */
export class SimulatedHub {
  /** Questions to the outside, deliveries and lanes to look at: under way, stored nowhere. */
  questions = new Map<string, Extract<PromotionEvent, { readonly type: 'answered' }>>();
  deliveries = new Set<string>();
  bells = new Set<string>();
  /** When it wants to look again at the latest; jobs that are stored. */
  wakeAt: number | null = null;
  dies = false;
  decisions = 0;
  /** What the authors of a promotion were worked out from last. */
  private readonly judged = new Map<string, string>();

  constructor(readonly world: PromotionWorld) {}

  newRelease(release: Omit<SimulatedRelease, 'number' | 'at'>): void {
    const { world } = this;
    const number = world.releases.length + 1;
    world.releases.push({ ...release, number, at: world.now });
    for (const { name, after, promote } of world.environments)
      if (world.present.has(name) && after.length === 0 && promote === 'automatic')
        this.queue(name, number, 'automatic', 'normal');
  }

  /** A promotion by hand; what the API refuses does nothing. */
  promote(lane: string, number: number, priority: Promotion['priority']): void {
    const { world } = this;
    const place = world.environments.find(({ name }) => name === lane);
    if (!place || !world.present.has(lane) || !world.releases[number - 1] || world.vetoed.has(number)) return;
    const before = place.after.every((name) => promotedAt(world, name, number) !== null);
    if (!before && promotedAt(world, lane, number) === null) return;
    this.settle(lane, () => {
      const known = openIn(world, lane).find(({ releaseNumber }) => releaseNumber === number);
      if (!known) this.queue(lane, number, 'manual', priority);
      else if (priority === 'hotfix' && isWaiting(known.state)) this.apply(known.id, { type: 'prioritised' });
    });
  }

  /** One transaction: everything in a lane is looked at until nothing changes. */
  settle(lane: string, act?: () => void): void {
    const stored = this.dies ? this.world.save() : null;
    this.world.ended = [];
    this.takeNews(lane);
    this.refreshAuthors(lane);
    act?.();
    this.backfill(lane);
    this.goRounds(lane);
    const { ended } = this.world;
    for (const promotion of ended)
      if (promotion.state === 'Promoted') this.handOn(lane, promotion.releaseNumber);
    if (stored) {
      this.world.restore(stored);
      this.forget();
      return;
    }
    checkRest(this.world, lane, ended);
    if (ended.length > 0)
      for (const { name } of this.world.environments) if (name !== lane) this.bells.add(name);
  }

  /** Safety net of the hub: every lane, and those that it has woken. */
  sweep(): void {
    for (const { name } of this.world.environments) this.settle(name);
    for (let round = 0; this.bells.size > 0 && round < 20; round += 1) {
      const lanes = [...this.bells];
      this.bells.clear();
      for (const lane of lanes) this.settle(lane);
    }
  }

  apply(id: string, event: PromotionEvent): void {
    const { world } = this;
    const before = world.promotions.get(id);
    if (!before) return;
    const { state, actions } = decide(before, event, new Date(world.now));
    this.decisions += 1;
    checkStep(before, state, event);
    world.put(state);
    for (const action of actions) {
      if (action.type === 'start') this.start(before, state);
      if (action.type === 'command') this.command(state, action.command);
      if (action.type === 'wake') this.wakeAt = Math.min(this.wakeAt ?? Infinity, action.at.getTime());
      if (action.type === 'deliver') this.deliveries.add(id);
      if (action.type !== 'ask') continue;
      const { stage, gate } = action;
      const answer = { phase: 'pass', message: 'green', until: null, memory: null } as const;
      this.questions.set(`${id}/${stage}/${gate}`, { type: 'answered', stage, gate, answer });
    }
  }

  forget(): void {
    this.dies = false;
    this.judged.clear();
    this.questions.clear();
    this.deliveries.clear();
    this.bells.clear();
  }

  private goRounds(lane: string): void {
    const { world } = this;
    for (let round = 0; ; round += 1) {
      promise(round < mostRounds, `${lane} comes to no rest`);
      const before = openIn(world, lane);
      const place = world.environments.find(({ name }) => name === lane)!;
      this.refreshAuthors(lane);
      const queue = arrangeQueue({
        policy: place.queue,
        current: currentOf(world, lane),
        promotions: openIn(world, lane),
      });
      for (const { id, reason } of queue.superseded) this.apply(id, { type: 'superseded', reason });
      for (const { id } of openIn(world, lane)) this.look(id, place, queue);
      this.takeNews(lane);
      const after = openIn(world, lane);
      if (
        before.length === after.length &&
        before.every(({ id, state }, at) => after[at]!.id === id && after[at]!.state === state)
      )
        return;
    }
  }

  private look(id: string, place: SimulatedEnvironment, queue: ReturnType<typeof arrangeQueue>): void {
    const promotion = this.world.promotions.get(id)!;
    if (promotion.state !== 'Verifying' && !isWaiting(promotion.state)) return;
    this.apply(id, { type: 'observed', observation: observe(this.world, promotion, place, queue) });
  }

  private start(before: Promotion, { id, environment }: Promotion): void {
    checkStart(this.world, before, this.world.promotions.get(id)!);
    this.world.rollouts.set(id, 'forward');
    this.world.started.set(id, (this.world.started.get(id) ?? 0) + 1);
    promise(this.world.started.get(id) === 1, `${id} starts two rollouts in ${environment}`);
    this.apply(id, { type: 'started', rolloutId: `rollout-${id}` });
  }

  /** What the rollouts do at once, and tell in the same transaction. */
  private command({ id }: Promotion, command: 'abort' | 'rollback'): void {
    const { world } = this;
    if (command === 'abort' && world.rollouts.delete(id))
      this.tell(id, { state: 'Aborted', reason: 'aborted' });
    if (command !== 'rollback') return;
    world.rollouts.set(id, 'back');
    this.tell(id, { state: 'RollingBack', reason: 'sent back' });
  }

  tell(id: string, news: RolloutNews): void {
    this.world.news.set(id, [...(this.world.news.get(id) ?? []), news]);
  }

  private takeNews(lane: string): void {
    for (const [id, list] of this.world.news) {
      if (this.world.promotions.get(id)?.environment !== lane) continue;
      this.world.news.delete(id);
      for (const news of list) this.apply(id, { type: 'rollout', news });
    }
  }

  private refreshAuthors(lane: string): void {
    const { world } = this;
    const place = world.environments.find(({ name }) => name === lane)!;
    if (![...place.before, ...place.afterwards].some(({ type }) => type === 'approval')) return;
    const after = currentOf(world, lane)?.number ?? 0;
    for (const promotion of openIn(world, lane)) {
      const { id, state, releaseNumber: upTo } = promotion;
      const key = `${after} ${world.learned}`;
      if ((!isWaiting(state) && state !== 'Verifying') || this.judged.get(id) === key) continue;
      this.judged.set(id, key);
      const isForward = upTo > after;
      const parts = partsOf(world.releases.slice(isForward ? after : upTo - 1, upTo));
      world.put({
        ...promotion,
        authors: authorsUpTo(isForward ? parts : { ...parts, unknown: null }, upTo),
      });
    }
  }

  private backfill(lane: string): void {
    const { world } = this;
    const place = world.environments.find(({ name }) => name === lane)!;
    if (place.promote !== 'automatic' || !world.present.has(lane)) return;
    const may = world.releases.filter(({ number }) =>
      place.after.every((name) => promotedAt(world, name, number) !== null),
    );
    const newest = may.at(-1);
    if (newest && !world.wasPromoted(lane, newest.number))
      this.queue(lane, newest.number, 'automatic', 'normal');
  }

  private handOn(lane: string, number: number): void {
    const { world } = this;
    for (const { name, after, promote } of world.environments) {
      if (!world.present.has(name) || !after.includes(lane)) continue;
      if (!after.every((one) => promotedAt(world, one, number) !== null)) continue;
      this.bells.add(name);
      if (promote === 'automatic') this.queue(name, number, 'automatic', 'normal');
    }
  }

  private queue(
    lane: string,
    number: number,
    origin: Promotion['origin'],
    priority: Promotion['priority'],
  ): void {
    if (origin === 'automatic' && this.world.cameByItself(lane, number)) return;
    this.world.add(lane, number, origin, priority);
    this.bells.add(lane);
  }

  /** Whether something moves in a lane besides a promotion, or has been started again and does not say so yet. */
  movesBeside({ id, environment }: Promotion): boolean {
    for (const one of this.world.promotions.values()) {
      if (one.id === id || one.environment !== environment) continue;
      const news = this.world.news.get(one.id) ?? [];
      if (isMoving(one.state) || news.some(({ state }) => state === 'Running' || state === 'RollingBack'))
        return true;
    }
    return false;
  }
}

/** As the releases tell them. */
function partsOf(releases: readonly SimulatedRelease[]): Parameters<typeof authorsUpTo>[0] {
  const made = releases.filter(({ maker }) => maker !== null);
  const unknown = releases.find((release) => release.unknown);
  return {
    authors: [
      ...releases.flatMap(({ author, number, unknown: isUnknown }) =>
        isUnknown ? [] : [{ text: `${author} <${author}@example.com>`, number }],
      ),
      ...made.map(({ maker, number }) => ({ text: `${humanOf(maker!)}@example.com`, number })),
    ],
    makers: made.map(({ maker, number }) => ({ text: maker!, number })),
    unknown: unknown ? { text: `web-${unknown.number}`, number: unknown.number } : null,
  };
}
