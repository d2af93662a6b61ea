import type { Freeze } from './document-schema.js';
import { isEnd, isWaiting } from './promotion-states.js';
import type { Promotion, Release, Rollout } from './promotion-schema.js';

/** A command that a person may give now, and what it does. */
export type NextCommand = readonly [command: string, meaning: string];

/** What the state of a promotion allows. `freezes` are those that stand. */
export function nextForPromotion(
  promotion: Promotion,
  rollout: Rollout | undefined,
  freezes: readonly Freeze[],
): NextCommand[] {
  const { id, state, gates, release, environment, priority } = promotion;
  const waits = gates.filter(({ phase }) => phase === 'wait');
  const commands: NextCommand[] = [];
  const stage = isWaiting(state) ? 'before' : state === 'Verifying' ? 'after' : undefined;
  if (waits.some((gate) => gate.type === 'approval' && gate.stage === stage))
    commands.push(
      [`flotilla approve ${id}`, 'approves it, in your own name'],
      [`flotilla reject ${id} --reason TEXT`, 'refuses it'],
    );
  if (isWaiting(state)) {
    for (const { name } of freezes)
      if (waits.some(({ type, message }) => type === 'freeze' && message.includes(`freeze ${name} until `)))
        commands.push([
          `flotilla break-glass ${name} --promotion ${id} --reason TEXT`,
          'asks to pass the freeze; another person confirms',
        ]);
    if (state === 'Queued' && priority !== 'hotfix')
      commands.push([
        `flotilla promote ${release} --to ${environment} --hotfix`,
        'lets it go before everything that waits',
      ]);
  }
  if (rollout) commands.push(...nextForRollout(rollout).filter(([command]) => !isAbort(command)));
  if (!isEnd(state) && state !== 'RollingBack')
    commands.push([`flotilla abort ${id} --reason TEXT`, 'ends it']);
  if (state === 'RollingBack' && rollout)
    commands.push([`flotilla abort rollout ${rollout.id} --reason TEXT`, 'leaves its clusters as they are']);
  return commands;
}

function isAbort(command: string): boolean {
  return command.startsWith('flotilla abort ');
}

/** What the state of a rollout allows and makes sense. */
export function nextForRollout(rollout: Rollout): NextCommand[] {
  const { id, commands, clusters, delivery, state } = rollout;
  const failed = clusters['Failed'] ?? 0;
  const known: readonly (readonly [command: string, sensible: boolean, ...next: NextCommand])[] = [
    ['pause', true, `flotilla pause ${id}`, 'begins no further cluster'],
    [
      'resume',
      state !== 'Succeeded' || rollout['catchUpStopped'] === true,
      `flotilla resume rollout ${id}`,
      'goes on, and bears what has failed so far',
    ],
    ['skip-wave', true, `flotilla skip-wave ${id}`, 'goes on with the next wave'],
    ['retry-failed', failed > 0, `flotilla retry ${id} --failed`, `tries the ${failed} failed again`],
    [
      'rollback',
      delivery !== 'follow',
      `flotilla rollback ${id} --reason TEXT`,
      'takes every touched cluster back to its last good revision',
    ],
    ['abort', true, `flotilla abort rollout ${id} --reason TEXT`, 'stops; clusters stay where they are'],
  ];
  return known
    .filter(([command, sensible]) => sensible && commands.includes(command))
    .map(([, , command, meaning]) => [command, meaning]);
}

/** Where a release may go next: environments before which it has been promoted, and where it is not and not going. */
export function nextForRelease(
  { name, vetoed, items }: Release,
  environments: readonly {
    readonly name: string;
    readonly after: readonly string[];
    readonly release: string | null;
  }[],
  promotions: readonly Promotion[],
): NextCommand[] {
  const been = (environment: string) =>
    promotions.some((one) => one.environment === environment && one.state === 'Promoted');
  const going = (environment: string) =>
    promotions.some((one) => one.environment === environment && !isEnd(one.state));
  if (vetoed)
    return items.flatMap(({ veto }) =>
      veto ? [[`flotilla veto lift ${veto.id} --reason TEXT`, 'lets promotions take it again'] as const] : [],
    );
  const promote = environments
    .filter((one) => one.release !== name && !going(one.name) && (one.after.every(been) || been(one.name)))
    .map((one) => [`flotilla promote ${name} --to ${one.name}`, `brings it to ${one.name}`] as const);
  return [...promote, [`flotilla veto ${name} --reason TEXT`, 'lets nobody take it again']];
}
