import { isDeepStrictEqual } from 'node:util';
import { parseKustomization, type Kustomization } from '@flotilla/common/api/kustomization';
import { inventoryOf, mergeInventory, refOfEntry, staleEntries } from '@flotilla/common/inventory/inventory';
import { objectId } from '@flotilla/common/inventory/object-id';
import { formatRef, refOf, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import { judgeDeletion } from '../../kustomization/delete-budget/judge-deletion.js';
import type { KustomizationDeps } from '../../kustomization/deps.js';
import { nameOf, uidOf, type Run, type RunCluster } from '../../kustomization/run.js';
import { sourceRefOf } from '../../kustomization/source-ref.js';
import { StatusDraft } from '../../kustomization/state/status-draft.js';
import { applyOptions } from '../../kustomization/steps/apply.js';
import { entriesAsServed, servedBy } from '../../kustomization/steps/as-served.js';
import { checkHealthExpressions } from '../../kustomization/steps/health-expressions.js';
import { checkSupported } from '../../kustomization/steps/check-supported.js';
import { ownerOf, selectClient } from '../../kustomization/steps/select-engine.js';
import { messageOf } from '../../kustomization/step-failure.js';
import { isOwnedBy } from '../../ssa/controls.js';
import { kindKey, previewApply, previewDelete, type PreviewedObject } from '../../ssa/preview.js';
import { isCustomResourceDefinition } from '../../ssa/stages.js';
import { renderWithSecrets, usesSecrets, type RenderedWithSecrets } from './blind-render.js';
import {
  describeChange,
  describeDeletion,
  describeFailure,
  type DescribeOptions,
} from './describe-change.js';
import type { KustomizationReport } from './plan-report.js';
import { SecretFields } from './secret-fields.js';

const failuresNamed = 5;

/** What all Kustomizations of one plan share. */
export interface PlanContext {
  readonly deps: KustomizationDeps;
  /** Folder with the files of the planned revision. */
  readonly root: string;
  readonly digestKey: Uint8Array;
  readonly signal: AbortSignal;
  /** Namespaces and kinds that this revision brings; each Kustomization adds its own. */
  readonly expected: { readonly namespaces: Set<string>; readonly kinds: Set<string> };
}

export interface KustomizationOutcome {
  readonly report: KustomizationReport;
  readonly previewed: readonly PreviewedObject[];
  readonly deleted: readonly ObjectRef[];
}

/** What the planned revision would do by one Kustomization, as its spec will be then. Changes nothing, and never throws. */
export async function planKustomization(
  context: PlanContext,
  wanted: KubeObject,
): Promise<KustomizationOutcome> {
  const ref = refOf(wanted);
  const empty = { ref, failure: '', note: '', changes: [], unchanged: 0 };
  const nothing = { previewed: [], deleted: [] };
  try {
    const object = parseKustomization(wanted);
    const found = findCluster(context, object);
    if (typeof found === 'string') return { report: { ...empty, note: found }, ...nothing };
    return await planIn(context, runOf(context, object, found));
  } catch (error) {
    context.signal.throwIfAborted();
    return { report: { ...empty, failure: messageOf(error) }, ...nothing };
  }
}

async function planIn(context: PlanContext, run: Run): Promise<KustomizationOutcome> {
  checkAccess(run);
  checkHealthExpressions(run);
  checkSupported(run.object.spec, run.deps.options.gates);
  const { rendered, secrets } = await renderWithSecrets(run, context.root);
  expect(context, rendered.objects);
  const client = selectClient(run);
  const wanted = { ...applyOptions(run, run.signal), expected: context.expected };
  const previewed = await previewApply(client, rendered.objects, wanted);
  const pruned = await planPrune(run, previewed);
  const before = await secretsBefore(run, secrets);
  const options = { before, after: secrets, digestKey: context.digestKey };
  const report = reportOf(run, previewed, pruned, options);
  return { report, previewed, deleted: pruned.refs };
}

function runOf({ deps, signal }: PlanContext, object: Kustomization, cluster: RunCluster): Run {
  const status = new StatusDraft(object, deps.clock);
  return { deps, object, status, signal, startedAt: deps.clock.monotonic(), cluster, about: {} };
}

/** Another cluster is asked only over a connection that there is already; why not, where there is none. */
function findCluster({ deps }: PlanContext, object: Kustomization): RunCluster | string {
  const { kubeConfig } = object.spec;
  if (!kubeConfig) return { id: '', client: deps.client, isNew: false };
  const live = deps.caches.kustomizations.get(nameOf(object)) as Kustomization | undefined;
  const remote = deps.clusters.of(nameOf(object));
  if (remote && isDeepStrictEqual(live?.spec.kubeConfig, kubeConfig))
    return { id: remote.id, client: remote.client, isNew: false };
  return 'not planned: its objects are in another cluster (spec.kubeConfig), and this agent has no connection to it yet';
}

function checkAccess({ object, deps }: Run): void {
  const ref = sourceRefOf(object);
  if (!deps.options.noCrossNamespaceRefs || ref.namespace === object.metadata.namespace) return;
  throw new Error(`can't access '${formatRef(ref)}', cross-namespace references have been blocked`);
}

function expect({ expected }: PlanContext, objects: readonly KubeObject[]): void {
  for (const object of objects) {
    if (object.kind === 'Namespace' && object.apiVersion === 'v1')
      expected.namespaces.add(object.metadata.name);
    if (!isCustomResourceDefinition(object)) continue;
    const { group = '', names } = (object.spec ?? {}) as { group?: string; names?: { kind?: string } };
    expected.kinds.add(kindKey(`${group}/`, names?.kind ?? ''));
  }
}

interface PlannedPrune {
  readonly refs: readonly ObjectRef[];
  /** Why nothing would be pruned. */
  readonly failure: string;
}

async function planPrune(run: Run, previewed: readonly PreviewedObject[]): Promise<PlannedPrune> {
  const { object, deps, signal } = run;
  if (!object.spec.prune) return { refs: [], failure: '' };
  const unrecorded = object.metadata.uid ? await deps.journal.read(uidOf(object)) : [];
  const written = mergeInventory(object.status?.inventory?.entries ?? [], unrecorded);
  const known = await entriesAsServed(written, servedBy(run));
  const gone = staleEntries(known, inventoryOf(previewed.map(({ ref }) => ref)));
  if (gone.length === 0) return { refs: [], failure: '' };
  const { deleteBudget: budget, concurrentSsa: concurrency } = deps.options;
  const { annotations } = object.metadata;
  const limits = { owner: ownerOf(run), concurrency, signal };
  const refs = await previewDelete(selectClient(run), gone.map(refOfEntry), limits);
  const ids = new Set(refs.map(objectId));
  const stale = gone.filter(({ id }) => ids.has(id));
  const verdict = judgeDeletion({ stale, managed: known.length, budget, annotations });
  return { refs, failure: verdict.allowed ? '' : verdict.message };
}

/**
 * Which fields of the live objects came from Secrets: found by the revision that is applied now. Without its files
 * nobody knows.
 */
async function secretsBefore(run: Run, after: SecretFields): Promise<SecretFields> {
  const { deps, signal } = run;
  const live = deps.caches.kustomizations.get(nameOf(run.object));
  if (!live) return after;
  try {
    const now: Run = { ...run, object: parseKustomization(live) };
    if (!usesSecrets(now)) return SecretFields.none;
    return (await renderCurrent(now))?.secrets ?? SecretFields.everything;
  } catch {
    signal.throwIfAborted();
    return SecretFields.everything;
  }
}

async function renderCurrent(run: Run): Promise<RenderedWithSecrets | undefined> {
  const ref = sourceRefOf(run.object);
  const { caches, artifacts } = run.deps;
  const source = caches.sources[ref.kind]?.get(ref);
  const { artifact } = (source?.status ?? {}) as { artifact?: Parameters<typeof artifacts.openTree>[0] };
  const tree = artifact && (await artifacts.openTree(artifact, run.signal));
  if (!tree) return undefined;
  try {
    return await renderWithSecrets(run, tree.root);
  } finally {
    await tree.release();
  }
}

function reportOf(
  run: Run,
  previewed: readonly PreviewedObject[],
  pruned: PlannedPrune,
  options: DescribeOptions,
): KustomizationReport {
  const changes = previewed.flatMap((one) =>
    one.action === 'created' || one.action === 'configured' || one.action === 'recreated'
      ? [describeChange(one, isForeign(run, one) ? { ...options, before: SecretFields.everything } : options)]
      : [],
  );
  const deletions = pruned.refs.map((ref) => describeDeletion(ref, options));
  const failed = previewed.filter((one) => one.action === 'failed');
  const texts = failed.slice(0, failuresNamed).map((one) => describeFailure(one, options));
  if (failed.length > failuresNamed) texts.push(`and ${failed.length - failuresNamed} more objects`);
  if (pruned.failure) texts.push(pruned.failure);
  return {
    ref: refOf(run.object),
    failure: texts.join('\n'),
    note: run.object.spec.suspend
      ? 'suspended: nothing of this happens before somebody resumes the Kustomization'
      : '',
    changes: [...changes, ...deletions],
    unchanged: previewed.filter(({ action }) => action === 'unchanged' || action === 'skipped').length,
  };
}

/** What another Kustomization has applied so far may hold that one's Secrets. */
function isForeign(run: Run, one: PreviewedObject): boolean {
  if (one.action !== 'configured' && one.action !== 'recreated') return false;
  const { labels = {} } = one.before.metadata;
  const owner = ownerOf(run);
  return labels[`${owner.group}/name`] !== undefined && !isOwnedBy(one.before.metadata, owner);
}
