import type { Kustomization } from '@flotilla/common/api/kustomization';
import { compile, type Program } from '@flotilla/common/cel/program';
import { formatName, type KubeObject, type NamespacedName } from '@flotilla/common/kube/object';
import { kustomizationType } from '../kind.js';
import type { Run } from '../run.js';
import { sourceKey, sourceRefOf } from '../source-ref.js';
import { configurationFailure, messageOf, StepFailure } from '../step-failure.js';
import { formatDuration } from '../timing.js';
import type { ResolvedSource } from './resolve-source.js';

/**
 * flux-compat 3.2, 6. The cache is asked first: it never shows less than this process wrote, and the rule on
 * revisions covers a dependency that has not heard of a new one. Objects of other shards are read from the server.
 * @throws StepFailure
 */
export async function checkDependencies(run: Run, source: ResolvedSource): Promise<void> {
  for (const { name, namespace, readyExpr } of run.object.spec.dependsOn ?? []) {
    const dependency = { name, namespace: namespace || (run.object.metadata.namespace ?? '') };
    const problem = await findProblem(run, source, dependency, readyExpr);
    if (problem) throw notReady(run, problem);
  }
}

async function findProblem(
  run: Run,
  source: ResolvedSource,
  name: NamespacedName,
  readyExpr: string | undefined,
): Promise<string | undefined> {
  const { deps, signal } = run;
  const text = `dependency '${formatName(name)}'`;
  let found = deps.latest.get(name);
  try {
    found ??= await deps.client.get({ ...kustomizationType, ...name }, { signal });
  } catch (error) {
    signal.throwIfAborted();
    return `${text} not found: ${messageOf(error)}`;
  }
  if (!found) {
    return `${text} not found: kustomizations.kustomize.toolkit.fluxcd.io "${name.name}" not found`;
  }
  if (readyExpr) {
    if (!isReadyByExpression(run, found, readyExpr))
      return `${text} is not ready according to readyExpr eval`;
    if (!deps.options.gates.AdditiveCELDependencyCheck) return undefined;
  }
  if (!isReady(found)) return `${text} is not ready`;
  return isBehind(run, source, found as Kustomization) ? `${text} revision is not up to date` : undefined;
}

/** @throws StepFailure for an expression that is none, and for one that fails with these objects */
function isReadyByExpression(run: Run, dependency: KubeObject, expression: string): boolean {
  let program: Program;
  try {
    program = compile(expression, { variables: ['dep', 'self'], output: 'bool' });
  } catch (error) {
    const why = `failed to evaluate dependency ${dependency.metadata.name}: ${messageOf(error)}`;
    throw configurationFailure('InvalidCELExpression', `terminal error: ${why}`);
  }
  try {
    return program.evaluateBoolean({ dep: dependency, self: run.object });
  } catch (error) {
    throw notReady(run, messageOf(error));
  }
}

function isReady(object: KubeObject): boolean {
  const { status, metadata } = object as Kustomization;
  if (!status?.conditions?.length || status.observedGeneration !== metadata.generation) return false;
  return status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** Both follow the same source, and the dependency has not applied its current revision. */
function isBehind(run: Run, source: ResolvedSource, dependency: Kustomization): boolean {
  const same = sourceKey(sourceRefOf(dependency)) === sourceKey(sourceRefOf(run.object));
  return same && dependency.status?.lastAppliedRevision !== source.revision;
}

function notReady(run: Run, message: string): StepFailure {
  const pause = formatDuration(run.deps.options.requeueDependencyMs);
  const event = {
    severity: 'info',
    message: `Dependencies do not meet ready condition, retrying in ${pause}`,
  } as const;
  return new StepFailure({ outcome: 'wait', reason: 'DependencyNotReady', message, event });
}
