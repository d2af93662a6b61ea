import type { Gate } from '@flotilla/common/fleet-api/gates';
import type { PromotionEvent } from '../domain/events.js';
import type { Promotion } from '../domain/promotion.js';
import { isEnd, isMoving, isTransition, isWaiting } from '../domain/promotion-state.js';
import { humanOf, people } from './simulated-people.js';
import type { PromotionWorld } from './world.js';
import { currentOf, openIn, promotedAt } from './world.js';

/** A promise of promotions was not kept. */
export class BrokenPromiseError extends Error {
  override readonly name = 'BrokenPromiseError';
}

export function promise(isKept: boolean, sentence: string): asserts isKept {
  if (!isKept) throw new BrokenPromiseError(sentence);
}

/** After every decision. A look may go several steps, each of which the decision itself holds against the table. */
export function checkStep(before: Promotion, after: Promotion, event: PromotionEvent): void {
  const path = `${after.id}: ${before.state} to ${after.state} by ${event.type}`;
  if (before.state === after.state) return;
  const mayStep =
    event.type === 'observed' || event.type === 'rollout' || isTransition(before.state, after.state);
  promise(mayStep, `${path}: no such transition`);
  promise(!isEnd(before.state) || event.type === 'rollout', `${path}: an end was left`);
  promise(!(event.type === 'superseded' && isMoving(before.state)), `${path}: it moved`);
  promise(
    isEnd(after.state) === (after.endedAt !== null),
    `${path}: an end without a time, or a time without an end`,
  );
  promise(!isEnd(after.state) || after.reason !== '', `${path}: an end without a reason`);
}

/** When the transaction has settled a lane. */
export function checkRest(world: PromotionWorld, lane: string, ended: readonly Promotion[]): void {
  const open = openIn(world, lane);
  const names = (list: readonly Promotion[]) => list.map(({ id, state }) => `${id} ${state}`).join(', ');
  const moving = open.filter(({ state }) => isMoving(state));
  promise(moving.length <= 1, `two move in ${lane}: ${names(moving)}`);
  const turns = open.filter(({ state }) => state === 'Gating' || state === 'Delivering');
  promise(turns.length <= 1, `two have the turn in ${lane}: ${names(turns)}`);
  for (const { id, state, waitingFor } of open)
    promise(waitingFor !== '', `${id} is ${state} and does not say for what it waits`);
  for (const { id, state, releaseNumber } of ended)
    promise(
      state !== 'Promoted' || !world.vetoed.has(releaseNumber),
      `${id} is promoted although its release is vetoed`,
    );
  checkQueue(world, lane, open, ended);
}

function checkQueue(
  world: PromotionWorld,
  lane: string,
  open: readonly Promotion[],
  ended: readonly Promotion[],
): void {
  const { queue } = world.environments.find(({ name }) => name === lane)!;
  const waits = open.filter(({ state }) => (queue === 'latest' ? isWaiting(state) : state === 'Queued'));
  for (const priority of ['normal', 'hotfix'] as const) {
    const alike = waits.filter((one) => one.priority === priority);
    promise(
      queue === 'fifo' || alike.length <= 1,
      `${queue} of ${lane} keeps ${alike.length} ${priority} waiting`,
    );
  }
  for (const { id, state, reason, priority } of ended) {
    if (state !== 'Superseded') continue;
    const [, word, by] = /^(superseded by|merged into) \S+ \(promotion (\w+)\)$/.exec(reason) ?? [];
    if (word === undefined) continue;
    promise(queue !== 'fifo', `${id} was ${reason} although ${lane} is fifo`);
    promise(
      priority === 'normal' || world.promotions.get(by!)?.priority === 'hotfix',
      `hotfix ${id} was ${reason}, which is none`,
    );
  }
}

/** Before a rollout starts. Worked out anew, not by what gates say. */
export function checkStart(world: PromotionWorld, before: Promotion, promotion: Promotion): void {
  const { id, environment: lane, releaseNumber, origin } = promotion;
  const place = world.environments.find(({ name }) => name === lane)!;
  const rival = [...world.rollouts.keys()].find((one) => world.promotions.get(one)?.environment === lane);
  promise(rival === undefined, `${id} starts beside ${rival}`);
  promise(!world.vetoed.has(releaseNumber), `${id} starts a vetoed release`);
  promise(!world.busy.has(lane), `${id} starts into another pipeline`);
  promise(world.present.has(lane), `${id} starts where there is no environment`);
  const freeze = world.freezes.get(lane);
  promise(freeze === undefined || world.grants.has(`${id}/${freeze}`), `${id} starts into a freeze`);
  const current = currentOf(world, lane);
  const comesBack = promotedAt(world, lane, releaseNumber) !== null;
  for (const name of place.after) {
    const there = promotedAt(world, name, releaseNumber);
    promise(comesBack || there !== null, `${id} starts before ${name} has it`);
    if (origin === 'automatic')
      promise(
        (currentOf(world, name)?.number ?? 0) >= releaseNumber,
        `${id} goes on with what ${name} has given up`,
      );
  }
  promise(origin === 'manual' || !current || current.number < releaseNumber, `${id} goes back by itself`);
  for (const gate of place.before) checkGate(world, gate, promotion, comesBack);
  checkTurn(world, before, place.queue);
}

/** Nobody goes before somebody whose turn it is. */
function checkTurn(
  world: PromotionWorld,
  { id, environment, priority, delivery }: Promotion,
  queue: string,
): void {
  // What Git is written for keeps its turn.
  if (delivery !== null || queue === 'latest') return;
  const waits = openIn(world, environment).filter((one) => one.id !== id && isWaiting(one.state));
  const first = waits.find((one) => one.priority === 'hotfix' && (priority === 'normal' || one.id < id));
  promise(first === undefined, `${id} starts before hotfix ${first?.id}`);
  const older = waits.find((one) => one.priority === priority && one.id < id);
  promise(older === undefined, `${id} starts before ${older?.id}, which was asked for before it`);
}

function checkGate(world: PromotionWorld, gate: Gate, promotion: Promotion, comesBack: boolean): void {
  const { id, environment } = promotion;
  const place = world.environments.find(({ name }) => name === environment)!;
  switch (gate.type) {
    case 'approval':
      return checkApprovals(world, gate, promotion);
    case 'window':
      return checkWindow(world, id);
    case 'webhook':
      return checkAnswer(world, promotion);
    case 'soak':
      return comesBack ? undefined : checkSoak(world, gate.duration, promotion, place.after);
    case 'health':
      for (const name of comesBack ? [] : place.after)
        promise(!world.sick.has(name), `${id} starts while ${name} is not well`);
  }
}

function checkWindow({ now }: PromotionWorld, id: string): void {
  const date = new Date(now);
  const isDay = [0, 1, 3, 6].includes(date.getUTCDay());
  const isOpen = isDay && date.getUTCHours() >= 1 && date.getUTCHours() < 5;
  promise(isOpen, `${id} starts outside of its window, at ${date.toISOString()}`);
}

function checkSoak(
  world: PromotionWorld,
  duration: string,
  { id, releaseNumber }: Promotion,
  after: readonly string[],
): void {
  const since = after.map((name) => promotedAt(world, name, releaseNumber)!.getTime());
  const from = since.length === 0 ? world.releases[releaseNumber - 1]!.at : Math.max(...since);
  const soakMs = duration === '2h' ? 7_200_000 : 600_000;
  promise(world.now - from >= soakMs, `${id} starts before it has soaked`);
}

function checkAnswer({ now }: PromotionWorld, { id, gates }: Promotion): void {
  const last = gates.find(({ stage, type }) => stage === 'before' && type === 'webhook')?.probe;
  const isFresh = last && Math.abs(now - last.askedAt.getTime()) <= 30_000;
  promise(last?.phase === 'pass' && isFresh === true, `${id} starts without a fresh answer`);
}

function checkApprovals(
  world: PromotionWorld,
  { required, groups, authorMayApprove }: Extract<Gate, { type: 'approval' }>,
  { id, releaseId, releaseNumber, environment, approvals }: Promotion,
): void {
  const current = currentOf(world, environment)?.number ?? 0;
  // A release that comes back brings nothing but itself.
  const brought = world.releases.filter(({ number }) =>
    releaseNumber > current ? number > current && number <= releaseNumber : number === releaseNumber,
  );
  const barred = new Set(
    brought.flatMap(({ author, maker }) => [author, ...(maker ? [humanOf(maker)] : [])]),
  );
  const yes = new Map<string, Set<string>>();
  for (const approval of approvals) {
    if (approval.stage !== 'before' || approval.releaseId !== releaseId) continue;
    const token = people.find(({ name }) => name === approval.person.name)!;
    const isNameless = token.emails.length === 0;
    if (!authorMayApprove && (isNameless || barred.has(token.human))) continue;
    // Where authors may approve, a token without addresses counts as whoever its name says.
    const human = isNameless ? token.name : token.human;
    yes.set(human, new Set([...(yes.get(human) ?? []), ...token.groups]));
  }
  promise(yes.size >= required, `${id} starts with ${yes.size} of ${required} approvals of people who may`);
  for (const { name } of groups)
    promise(
      [...yes.values()].some((member) => member.has(name)),
      `${id} starts without an approval of group ${name}`,
    );
}

/** When every lane has come to rest: nothing that should come by itself is missing. */
export function checkNothingSkipped(world: PromotionWorld): void {
  for (const { name, after, promote } of world.environments) {
    if (promote !== 'automatic' || !world.present.has(name)) continue;
    const may = world.releases.filter(({ number }) =>
      after.every((one) => promotedAt(world, one, number) !== null),
    );
    const newest = may.at(-1);
    if (newest)
      promise(world.wasPromoted(name, newest.number), `web-${newest.number} was never on its way to ${name}`);
  }
}
