import { checkApproval } from '../domain/permission.js';
import type { Promotion } from '../domain/promotion.js';
import { isEnd } from '../domain/promotion-state.js';
import { checkNothingSkipped, promise } from './promises.js';
import type { PromotionSchedule, RolloutEnd, Step } from './schedule.js';
import { SimulatedHub } from './simulated-hub.js';
import { authors, people } from './simulated-people.js';
import { PromotionWorld } from './world.js';

/** Rounds without faults in which everything has to come to its end. */
const calmRounds = 400;
const calmStepMs = 1_800_000;

/** How a schedule went, for the statistics. */
export interface PromotionRun {
  readonly decisions: number;
  /** How many promotions ended in which state. */
  readonly ends: Readonly<Record<string, number>>;
}

/** Runs a schedule. @throws BrokenPromiseError, or what a decision throws */
export function runPromotionSchedule(schedule: PromotionSchedule): PromotionRun {
  return new Simulation(schedule).run();
}

class Simulation {
  private readonly world: PromotionWorld;
  private readonly hub: SimulatedHub;

  constructor(private readonly schedule: PromotionSchedule) {
    this.world = new PromotionWorld(schedule.environments);
    this.hub = new SimulatedHub(this.world);
  }

  run(): PromotionRun {
    for (const step of this.schedule.steps) this.take(step);
    this.calm();
    const ends: Record<string, number> = {};
    for (const { state } of this.world.promotions.values()) ends[state] = (ends[state] ?? 0) + 1;
    return { decisions: this.hub.decisions, ends };
  }

  private take(step: Step): void {
    const { hub, world } = this;
    switch (step.type) {
      case 'wait':
      case 'jump':
        world.now += step.ms;
        return;
      case 'release': {
        const maker = step.maker === null ? null : people[step.maker]!.name;
        return hub.newRelease({
          author: authors[step.author % authors.length]!,
          maker,
          unknown: step.unknown,
        });
      }
      case 'learn':
        return this.learn(step.release);
      case 'veto':
        return toggle(world.vetoed, step.release);
      case 'answer':
        return this.answer(step.phase, step.lost);
      case 'deliver':
        return this.deliver(step.phase, step.lost);
      case 'sweep':
        return this.sweep();
      case 'kill':
        hub.dies = true;
        return;
      default:
        return 'lane' in step ? this.takeOfLane(step) : this.takeOfOne(step);
    }
  }

  private sweep(): void {
    const { dies } = this.hub;
    this.hub.sweep();
    if (!dies) checkNothingSkipped(this.world);
  }

  private takeOfLane(step: Extract<Step, { readonly lane: number }>): void {
    const { hub, world } = this;
    const { name } = world.environments[step.lane % world.environments.length]!;
    switch (step.type) {
      case 'promote':
        return hub.promote(name, step.release, step.priority);
      case 'look':
        return hub.settle(name);
      case 'freeze':
        if (!world.freezes.delete(name)) world.freezes.set(name, `freeze-${world.count}-${world.now}`);
        return;
      case 'busy':
        return toggle(world.busy, name);
      case 'sicken':
        return toggle(world.sick, name);
      case 'remove':
        return toggle(world.present, name);
    }
  }

  private takeOfOne(step: Extract<Step, { readonly pick: number }>): void {
    const { hub, world } = this;
    const promotion = [...world.promotions.values()].at(step.pick % Math.max(1, world.promotions.size));
    if (!promotion) return;
    const { id, environment } = promotion;
    const decide = (event: Parameters<SimulatedHub['apply']>[1]) =>
      hub.settle(environment, () => hub.apply(id, event));
    switch (step.type) {
      case 'approve':
        return this.approve(promotion, step.who);
      case 'reject':
        return decide({ type: 'rejected', by: 'ada', reason: 'no' });
      case 'abort':
        return decide({ type: 'aborted', by: 'ada', reason: 'no' });
      case 'break-glass': {
        const freeze = world.freezes.get(environment);
        if (freeze) world.grants.add(`${id}/${freeze}`);
        return;
      }
      case 'finish':
        return this.finish(promotion, step.state);
      case 'reopen':
        return this.reopen(promotion, step.state);
    }
  }

  private approve({ id, environment }: Promotion, who: number): void {
    const { hub, world } = this;
    hub.settle(environment, () => {
      const promotion = world.promotions.get(id)!;
      const place = world.environments.find(({ name }) => name === environment)!;
      const gates = { before: place.before, after: place.afterwards };
      const person = people[who % people.length]!;
      const check = checkApproval(promotion, gates, person, undefined);
      if (check.answer !== 'take') return;
      const { tokenId, name, emails, groups } = person;
      const approval = {
        stage: check.stage,
        releaseId: promotion.releaseId,
        person: { tokenId, name, emails, groups },
        comment: '',
        at: new Date(world.now),
      };
      hub.apply(id, { type: 'approved', approval });
    });
  }

  /** The rollout of a promotion ends. It is told by a notice, which may get lost, and stored for the next look. */
  private finish({ id, environment }: Promotion, state: RolloutEnd): void {
    const { hub, world } = this;
    const direction = world.rollouts.get(id);
    if (!direction || (direction === 'back' && state === 'Succeeded')) return;
    world.rollouts.delete(id);
    hub.tell(id, { state, reason: `the rollout ${state}` });
    hub.bells.add(environment);
  }

  /** Somebody starts a rollout again that has ended. */
  private reopen(promotion: Promotion, state: 'Running' | 'RollingBack'): void {
    const { hub, world } = this;
    const { id, rolloutId } = promotion;
    const states =
      state === 'Running'
        ? ['Verifying', 'Failed', 'Aborted', 'RolledBack']
        : ['Verifying', 'Promoted', 'Failed', 'Aborted'];
    if (
      rolloutId === null ||
      world.rollouts.has(id) ||
      world.news.has(id) ||
      !states.includes(promotion.state)
    )
      return;
    if (hub.movesBeside(promotion)) return;
    world.rollouts.set(id, state === 'Running' ? 'forward' : 'back');
    hub.tell(id, { state, reason: 'sent back' });
    // The hub decides on it before anybody else can start something there.
    hub.settle(promotion.environment);
  }

  private learn(number: number): void {
    const release = this.world.releases[number - 1];
    if (!release?.unknown) return;
    this.world.releases[number - 1] = { ...release, unknown: false };
    this.world.learned += 1;
  }

  private answer(phase: 'pass' | 'wait' | 'fail', lost: boolean): void {
    const { hub, world } = this;
    const asked = [...hub.questions];
    hub.questions.clear();
    if (lost) return;
    for (const [key, event] of asked) {
      const [id = ''] = key.split('/');
      const answer = { ...event.answer, phase, message: `it is ${phase}` };
      hub.settle(world.promotions.get(id)!.environment, () => hub.apply(id, { ...event, answer }));
    }
  }

  private deliver(phase: 'wait' | 'done' | 'fail', lost: boolean): void {
    const { hub, world } = this;
    const asked = [...hub.deliveries];
    hub.deliveries.clear();
    if (lost) return;
    for (const id of asked) {
      const delivery = {
        phase,
        message: `git ${phase}`,
        until: null,
        askedAt: new Date(world.now),
        revisions: [],
        memory: null,
      };
      hub.settle(world.promotions.get(id)!.environment, () => hub.apply(id, { type: 'delivered', delivery }));
    }
  }

  /** Nothing is in the way any more, and everybody answers: everything has to come to its end. */
  private calm(): void {
    const { hub, world } = this;
    hub.dies = false;
    for (const set of [world.busy, world.sick, world.freezes]) set.clear();
    for (const { name } of world.environments) world.present.add(name);
    for (const { number } of world.releases) this.learn(number);
    hub.sweep();
    checkNothingSkipped(world);
    for (let round = 0; this.open().length > 0; round += 1) {
      promise(round < calmRounds, `stuck: ${JSON.stringify(this.open()[0])}`);
      for (const promotion of this.open()) this.help(promotion, round);
      this.answer('pass', false);
      this.deliver('done', false);
      hub.wakeAt = null;
      hub.sweep();
      world.now = Math.max(world.now + 1_000, hub.wakeAt ?? world.now + calmStepMs);
    }
    checkNothingSkipped(world);
  }

  private help(promotion: Promotion, round: number): void {
    const { hub, world } = this;
    const { id, environment } = promotion;
    if (promotion.waitingFor.includes('approval'))
      for (const who of people.keys()) this.approve(promotion, who);
    const direction = world.rollouts.get(id);
    if (direction) this.finish(promotion, direction === 'back' ? 'RolledBack' : 'Succeeded');
    // Of a release that came back its own author may be the only member of a group.
    if (round > 200)
      hub.settle(environment, () => hub.apply(id, { type: 'aborted', by: 'ada', reason: 'nobody may' }));
  }

  private open(): readonly Promotion[] {
    return [...this.world.promotions.values()].filter(({ state }) => !isEnd(state));
  }
}

function toggle<Item>(set: Set<Item>, item: Item): void {
  if (!set.delete(item)) set.add(item);
}
