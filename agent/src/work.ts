import type { Parts, Split } from './agent-parts.js';
import { createTokenMetrics } from './cloud/token-metrics.js';
import { reportCrds } from './crds/report-crds.js';
import { runProgram } from './exec/run-program.js';
import { agentKinds } from './kinds/all-kinds.js';
import { gitRepositoryKind } from './kinds/git-repository.js';
import { Informers } from './kinds/informers.js';
import type { KindContext, PlanningParts, RunningKind } from './kinds/kind.js';
import { kustomizationKind } from './kinds/kustomization.js';
import { SourcePlanner } from './questions/plan/source-planner.js';
import type { EventRecorder } from './runtime/events.js';
import { currentObject } from './runtime/log-context.js';
import { createObjectMetrics } from './runtime/object-metrics.js';
import { LeftArtifacts } from './sharding/left-artifacts.js';
import { oneShard } from './sharding/one-shard.js';
import { createShardMetrics } from './sharding/shard-metrics.js';
import { Sharding } from './sharding/sharding.js';

/** The work of a leader, or of a replica: watch, reconcile, report, until the signal is aborted. */
export async function work(parts: Parts, signal: AbortSignal, graceMs: number): Promise<void> {
  const { config, client, clock, logger, recorders, readiness, split } = parts;
  const { membership } = parts;
  const standing = membership?.standing;
  const informers = new Informers({
    client,
    clock,
    logger,
    ...(config.watchAllNamespaces ? {} : { namespace: config.runtimeNamespace }),
  });
  const left = split && leftArtifacts(parts, split);
  const sharding = split && createSharding(parts, split, informers, left);
  const tokenMetrics = createTokenMetrics(parts.registry, currentObject);
  const context: KindContext = {
    ...parts,
    metrics: {
      ...parts.metrics,
      objectGone(object) {
        parts.metrics.objectGone(object);
        tokenMetrics.objectGone(object);
      },
    },
    tokenMetrics,
    informers,
    objectsOf: (type) => sharding?.objectsOf(type) ?? informers.of(type, config.watchLabelSelector),
    guard: split?.owned.guard,
    standing,
    run: runProgram,
    recorderFor: (component): EventRecorder => recorders.recorderFor(component),
  };
  createObjectMetrics(parts.registry, () => agentKinds.map((kind) => context.objectsOf(kind.type)));
  const kinds: RunningKind[] = [];
  for (const kind of agentKinds) kinds.push(await kind.create(context));
  membership?.questions.use(sourcePlanner(kinds, informers), signal);
  readiness.check = () => informers.notSynced();

  const watching = new AbortController();
  const running = [informers.run(watching.signal), reportCrds(client, logger, watching.signal)];
  if (standing) running.push(standing.run(watching.signal));
  try {
    await informers.waitForSync(signal);
    // No source may follow its ref past a pin or a freeze that was given before this start.
    await standing?.waitUntilRead(signal);
    for (const kind of kinds) kind.start();
    logger.info({ kinds: agentKinds.map((kind) => kind.type.kind) }, 'agent is reconciling');
    if (sharding) await sharding.run(signal, graceMs);
    else await report(parts, informers, signal, watching.signal, running);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    readiness.check = () => 'stopping';
    left?.stop();
    await Promise.allSettled(kinds.map((kind) => kind.stop(graceMs)));
    watching.abort();
    await Promise.allSettled(running);
  }
}

/** Who answers for plans. All of the cluster counts, also what another replica reconciles. */
function sourcePlanner(kinds: readonly RunningKind[], informers: Informers): SourcePlanner {
  const parts: Partial<PlanningParts> = Object.assign({}, ...kinds.map(({ planning }) => planning));
  const { checkoutRef, kustomizations: deps } = parts;
  if (!checkoutRef || !deps) throw new Error('no kind can tell what a plan needs');
  const sources = informers.of(gitRepositoryKind.type);
  return new SourcePlanner({
    sources,
    kustomizations: informers.of(kustomizationKind.type),
    checkoutRef,
    deps,
  });
}

/** Reports all objects of this process until it stops working. */
async function report(
  { membership, config }: Parts,
  informers: Informers,
  signal: AbortSignal,
  watching: AbortSignal,
  running: Array<Promise<unknown>>,
): Promise<void> {
  const caches = agentKinds.map((kind) => informers.of(kind.type, config.watchLabelSelector));
  if (membership) running.push(membership.run(caches, watching));
  await aborted(signal);
}

function leftArtifacts({ artifacts, clock, config }: Parts, { owned }: Split): LeftArtifacts {
  return new LeftArtifacts({ artifacts, owned, clock, keepMs: config.artifactRetentionTtlMs });
}

function createSharding(
  parts: Parts,
  split: Split,
  informers: Informers,
  left: LeftArtifacts | undefined,
): Sharding {
  const { config, clock, logger, registry, membership } = parts;
  const { owned, client } = split;
  const caches = agentKinds.map((kind) => informers.of(kind.type));
  createShardMetrics(registry, owned, () => agentKinds.map(({ type }) => [type.kind, informers.of(type)]));
  return new Sharding({
    client,
    owned,
    shards: config.shards,
    namespace: config.runtimeNamespace,
    ...(config.watchAllNamespaces ? {} : { watchNamespace: config.runtimeNamespace }),
    instance: parts.instance,
    clock,
    logger,
    informerOf: (type) => informers.of(type),
    onOwned: async (shard, signal) => {
      const objects = caches.map((cache) => oneShard(cache, shard, (name) => owned.shardOf(name)));
      await membership?.run(objects, signal, shard);
    },
    onLeft: (shard) => left?.left(shard, caches),
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
