import { CliError, exitCodes, notFound, usageError } from '../errors/cli-error.js';
import { action } from '../output/progress.js';
import { isIdBeginning, isWholeId } from '../output/short-ids.js';
import type { Runtime } from '../runtime.js';
import { findRelease } from './find-release.js';
import type { HubClient } from './hub-client.js';
import type { Page } from './hub-requests.js';
import { isEnd } from './promotion-states.js';
import type { Promotion, Release, Rollout } from './promotion-schema.js';

/** How people name a promotion or a rollout. */
export interface MovementName {
  /** Id or its beginning; with `to` a release; alone a release that is on its way to one environment. */
  readonly text: string;
  readonly to?: string | undefined;
}

export type Movement =
  | { readonly kind: 'promotion'; readonly promotion: Promotion }
  | { readonly kind: 'rollout'; readonly rollout: Rollout };

type Kind = Movement['kind'];

/** The promotion that is meant; says which when only a part of it was named. @throws CliError */
export async function findPromotion(
  runtime: Runtime,
  hub: HubClient,
  name: MovementName,
): Promise<Promotion> {
  const movement = await findMovement(runtime, hub, name, ['promotion']);
  if (movement.kind === 'promotion') return movement.promotion;
  return hub.promotions.get(movement.rollout.promotion);
}

/** The promotion or rollout that is meant, of the kinds that may be. A promotion and its own rollout are no contradiction. */
export async function findMovement(
  runtime: Runtime,
  hub: HubClient,
  { text, to }: MovementName,
  kinds: readonly Kind[],
): Promise<Movement> {
  const beginning = text.toLowerCase();
  if (to === undefined && /^[0-9a-f]{1,3}$/.test(beginning))
    throw usageError(`${text} is too short for the beginning of an id`, 'give 4 characters or more');
  if (to !== undefined || !isIdBeginning(beginning)) {
    const promotion = await promotionOf(hub, await findRelease(hub, text, undefined), to);
    say(runtime, { kind: 'promotion', promotion });
    return { kind: 'promotion', promotion };
  }
  try {
    if (isWholeId(beginning)) return await byId(hub, beginning, kinds);
    const movement = onlyMovement(await byBeginning(hub, beginning, kinds), text, kinds);
    say(runtime, movement);
    return movement;
  } catch (error) {
    if (!isMissing(error)) throw error;
    const promotion = await ofReleaseOr(hub, text, error);
    say(runtime, { kind: 'promotion', promotion });
    return { kind: 'promotion', promotion };
  }
}

/** A commit and the id of a release look like the id of something else. @throws `error` when it is none of a release */
async function ofReleaseOr(hub: HubClient, text: string, error: unknown): Promise<Promotion> {
  const release = await findRelease(hub, text, undefined).catch((missing: unknown) => {
    throw isMissing(missing) ? error : missing;
  });
  return promotionOf(hub, release, undefined);
}

function isMissing(error: unknown): boolean {
  return error instanceof CliError && error.exitCode === exitCodes.notFound;
}

/** The newest promotion of a release: of one environment, or the one that has not ended. */
async function promotionOf(hub: HubClient, release: Release, to: string | undefined): Promise<Promotion> {
  const { items } = await hub.promotions.list({ release: release.id, environment: to });
  return promotionThatCounts(items, release.name, to);
}

/** Of one release, newest first. @throws CliError */
export function promotionThatCounts(
  promotions: readonly Promotion[],
  release: string,
  to: string | undefined,
): Promotion {
  const open = promotions.filter(({ state }) => !isEnd(state));
  const candidates = open.length > 0 || to === undefined ? open : promotions.slice(0, 1);
  const [promotion, ...others] = candidates;
  if (promotion && others.length === 0) return promotion;
  if (promotion) {
    const places = candidates.map(({ environment }) => environment).join(', ');
    throw usageError(`release ${release} is on its way to ${places}`, 'choose one with --to ENVIRONMENT');
  }
  if (to === undefined)
    throw notFound(
      `release ${release} is on its way to no environment`,
      'name an environment with --to for a promotion that has ended; flotilla get promotions lists them',
    );
  throw notFound(
    `there is no promotion of release ${release} to ${to}`,
    `flotilla promote ${release} --to ${to} makes one`,
  );
}

async function byId(hub: HubClient, id: string, kinds: readonly Kind[]): Promise<Movement> {
  const [first = 'promotion', second] = kinds;
  const read = async (kind: Kind): Promise<Movement> =>
    kind === 'promotion'
      ? { kind, promotion: await hub.promotions.get(id) }
      : { kind, rollout: await hub.promotions.rollout(id) };
  try {
    return await read(first);
  } catch (error) {
    if (second === undefined || !isMissing(error)) throw error;
  }
  return read(second);
}

async function byBeginning(
  hub: HubClient,
  beginning: string,
  kinds: readonly Kind[],
): Promise<readonly Movement[]> {
  const { promotions } = hub;
  const [ofPromotions, ofRollouts] = await Promise.all([
    kinds.includes('promotion') ? startingWith(promotions.pages({}), beginning) : [],
    kinds.includes('rollout') ? startingWith(promotions.rolloutPages({}), beginning) : [],
  ]);
  return [
    ...ofPromotions.map((promotion) => ({ kind: 'promotion', promotion }) as const),
    ...ofRollouts.map((rollout) => ({ kind: 'rollout', rollout }) as const),
  ];
}

/** Lists are newest first and ids begin with their time, so that everything behind the beginning is older. */
async function startingWith<T extends { readonly id: string }>(
  pages: AsyncGenerator<Page<T>>,
  beginning: string,
): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const { items } of pages) {
    found.push(...items.filter(({ id }) => id.startsWith(beginning)));
    const last = items.at(-1);
    if (last && last.id < beginning && !last.id.startsWith(beginning)) break;
  }
  return found;
}

/** @throws CliError when there is none, or more than one */
export function onlyMovement(found: readonly Movement[], text: string, kinds: readonly Kind[]): Movement {
  const [first, second] = found;
  const what = kinds.join(' or ');
  if (!first)
    throw notFound(`no ${what} has an id that begins with ${text}`, `flotilla get ${kinds[0]}s lists them`);
  const isPair =
    found.length === 2 && first.kind === 'promotion' && second?.kind === 'rollout'
      ? first.promotion.rollout?.id === second.rollout.id
      : false;
  if (found.length === 1 || isPair) return first;
  const most = 5;
  const more = found.length > most ? ` and ${found.length - most} more` : '';
  throw usageError(
    `${text} is the beginning of ${found.length} ids: ${found.slice(0, most).map(describeMovement).join('; ')}${more}`,
    'give more of it',
  );
}

export function describeMovement(movement: Movement): string {
  const { kind } = movement;
  const { id, release, environment, state } = kind === 'promotion' ? movement.promotion : movement.rollout;
  return `${kind} ${id} (${release} to ${environment}, ${state})`;
}

function say(runtime: Runtime, movement: Movement): void {
  action(runtime, describeMovement(movement));
}
