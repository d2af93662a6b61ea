import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import { formatDuration } from '@flotilla/common/duration/duration';
import { CliError, exitCodes, failure } from '../errors/cli-error.js';
import type { ClusterTargets } from '../options/cluster-targets.js';
import type { GlobalOptions } from '../options/global-options.js';
import { namespaceOf } from '../options/global-options.js';
import type { DataFormat } from '../output/print-data.js';
import { printData } from '../output/print-data.js';
import { action, failed, hint, success, waiting } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import { isFinal } from './follow-intents.js';
import type { HubClient, IntentRequest } from './hub-client.js';
import { openHub } from './open-hub.js';
import type { Intent } from './schema.js';

export interface FleetAction extends ClusterTargets {
  readonly verb: IntentRequest['action'];
  readonly kind: string;
  readonly names: readonly string[];
  readonly withSource: boolean;
  readonly wait: boolean;
  readonly output?: DataFormat;
}

const participles = { reconcile: 'reconciling', suspend: 'suspending', resume: 'resuming' } as const;

/** Asks clusters through the hub, and follows what comes of it. @throws CliError when it failed on one of them */
export async function actOnFleet(
  runtime: Runtime,
  options: GlobalOptions,
  request: FleetAction,
): Promise<void> {
  const hub = await openHub(runtime, options);
  const namespace = namespaceOf(options, runtime.env);
  const intents: Intent[] = [];
  for (const name of request.names) {
    const target = request.selector ?? request.cluster?.join(', ') ?? '';
    action(
      runtime,
      `${participles[request.verb]} ${request.kind} ${name} in ${namespace} namespace on ${target}`,
    );
    intents.push(
      ...(await actOnOne(runtime, hub, options, request, { kind: request.kind, namespace, name })),
    );
  }
  if (request.output) await printData(runtime, request.output, { items: intents, total: intents.length });
  conclude(runtime, intents, request, options.timeout);
}

async function actOnOne(
  runtime: Runtime,
  hub: HubClient,
  { timeout }: GlobalOptions,
  request: FleetAction,
  object: IntentRequest['object'],
): Promise<readonly Intent[]> {
  const { cluster, selector, verb, withSource, wait } = request;
  const create = async () => {
    const { items } = await hub.createIntents({
      action: verb,
      object,
      withSource,
      ttlSeconds: intentSeconds(timeout),
      ...(cluster === undefined ? {} : { clusters: [...new Set(cluster)] }),
      ...(selector === undefined ? {} : { labelSelector: selector }),
    });
    const open = items.filter((intent) => !isFinal(intent)).length;
    if (wait && open > 0) waiting(runtime, `waiting for ${open} ${open === 1 ? 'cluster' : 'clusters'}`);
    return items;
  };
  if (!wait) return create();
  const { followIntents } = await import('./follow-intents.js');
  const signal = timeoutSignal(timeout, runtime.signal);
  const onFinal = (intent: Intent) => report(runtime, intent);
  const intents = await followIntents({ hub, create, onFinal, signal });
  runtime.signal.throwIfAborted();
  return intents;
}

/** An intent lives as long as somebody waits for it, within the hub's limits. */
export function intentSeconds(timeoutMs: number): number {
  return Math.min(86_400, Math.max(10, Math.ceil(timeoutMs / 1000)));
}

function report(runtime: Runtime, { cluster, state, message }: Intent): void {
  if (state === 'Succeeded') success(runtime, `${cluster}: ${message || 'done'}`);
  else failed(runtime, `${cluster}: ${state}: ${message || 'no reason was given'}`);
}

function conclude(
  runtime: Runtime,
  intents: readonly Intent[],
  { wait, verb }: FleetAction,
  timeoutMs: number,
): void {
  const bad = intents.filter((intent) => isFinal(intent) && intent.state !== 'Succeeded');
  const open = intents.filter((intent) => !isFinal(intent));
  // Without waiting, the ones that are refused at once are known, and nothing else.
  if (!wait) for (const intent of bad) report(runtime, intent);
  if (bad.length > 0)
    throw failure(`${verb} failed on ${bad.length} of ${intents.length}: ${clustersOf(bad)}`);
  if (open.length === 0) return;
  if (!wait) return hint(runtime, 'asked; flotilla get intents shows what comes of it');
  throw new CliError(
    exitCodes.timedOut,
    `${verb}: no outcome within ${formatDuration(timeoutMs)} on ${open.length} of ${intents.length}: ${clustersOf(open)}`,
    { remedy: 'flotilla get clusters shows which are offline; --timeout waits longer' },
  );
}

const mostNamed = 10;

function clustersOf(intents: readonly Intent[]): string {
  const names = [...new Set(intents.map(({ cluster }) => cluster))];
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return `${names.slice(0, mostNamed).join(', ')}${more}`;
}
