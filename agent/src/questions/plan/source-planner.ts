import type { Kustomization } from '@flotilla/common/api/kustomization';
import { mergeInventory, refOfEntry } from '@flotilla/common/inventory/inventory';
import {
  formatName,
  formatRef,
  groupOf,
  refOf,
  type KubeObject,
  type NamespacedName,
  type ObjectRef,
} from '@flotilla/common/kube/object';
import type { PlanPart, PlanQuestion } from '@flotilla/proto/flotilla/v1/question';
import { kustomizationGroup } from '../../kustomization/kind.js';
import type { KustomizationDeps } from '../../kustomization/deps.js';
import { orderByDependency } from '../../kustomization/order-by-dependency.js';
import { serviceAccountFor, userOf } from '../../kustomization/service-account.js';
import { sourceRefOf } from '../../kustomization/source-ref.js';
import type { ObjectCache } from '../../runtime/cache.js';
import type { CheckedOutRef, CheckoutRefRequest } from '../../sources/git/checkout-ref.js';
import { previewDelete, type PreviewedObject } from '../../ssa/preview.js';
import type { Planner } from '../question-desk.js';
import { describeDeletion } from './describe-change.js';
import { planKustomization, type KustomizationOutcome, type PlanContext } from './plan-kustomization.js';
import { PlanReport } from './plan-report.js';
import { SecretFields } from './secret-fields.js';

/** Kustomizations of one plan; those that a planned revision adds count. */
const mostKustomizations = 500;

export interface SourcePlannerDeps {
  readonly sources: ObjectCache;
  /** All of the cluster. */
  readonly kustomizations: ObjectCache;
  readonly checkoutRef: (request: CheckoutRefRequest) => Promise<CheckedOutRef>;
  readonly deps: KustomizationDeps;
}

/** Finds out what would change if a GitRepository stood at another ref, by all Kustomizations that take files from it. */
export class SourcePlanner implements Planner {
  constructor(private readonly given: SourcePlannerDeps) {}

  async plan(question: PlanQuestion, emit: (part: PlanPart) => void, signal: AbortSignal): Promise<string> {
    const { sources, checkoutRef } = this.given;
    const { namespace = '', name = '' } = question.source ?? {};
    const source = sources.get({ namespace, name });
    if (!source) throw new Error(`GitRepository/${namespace}/${name} does not exist in this cluster`);
    const { ref: refName, commit } = question;
    const tree = await checkoutRef({ object: source, refName, commit, signal });
    try {
      const round = new PlanRound(this.given, source, new PlanReport(tree.commit, emit), {
        deps: {
          ...this.given.deps,
          caches: { ...this.given.deps.caches, kustomizations: this.given.kustomizations },
        },
        root: tree.root,
        digestKey: question.digestKey,
        signal,
        expected: { namespaces: new Set(), kinds: new Set() },
      });
      return await round.run();
    } finally {
      await tree.release();
    }
  }
}

/** One plan: a Kustomization comes after the one that would apply it, and is planned as that one would leave it. */
class PlanRound {
  readonly #waiting = new Map<string, KubeObject>();
  readonly #done = new Set<string>();
  readonly #sourceKey: string;
  #changesSource = false;

  constructor(
    private readonly given: SourcePlannerDeps,
    private readonly source: KubeObject,
    private readonly report: PlanReport,
    private readonly context: PlanContext,
  ) {
    this.#sourceKey = formatRef(refOf(source));
  }

  async run(): Promise<string> {
    const own = this.given.kustomizations
      .list()
      .filter((object) => !object.metadata.deletionTimestamp && this.#takesFrom(object)) as Kustomization[];
    for (const object of orderByDependency(own)) this.#waiting.set(keyOf(object.metadata), object);
    for (let next = this.#next(); next; next = this.#next()) {
      this.#waiting.delete(keyOf(next.metadata));
      this.#done.add(keyOf(next.metadata));
      if (this.#done.size > mostKustomizations)
        throw new Error(`the plan has more than ${mostKustomizations} Kustomizations`);
      const outcome = await planKustomization(this.context, next);
      this.report.add(outcome.report);
      await this.#follow(next, outcome);
    }
    return this.#lastWord();
  }

  /** One whose parent waits, too, has to wait; in a circle somebody is first. */
  #next(): KubeObject | undefined {
    const waiting = [...this.#waiting.values()];
    return waiting.find((object) => !this.#waiting.has(parentOf(object) ?? '')) ?? waiting[0];
  }

  async #follow(parent: KubeObject, { previewed, deleted }: KustomizationOutcome): Promise<void> {
    for (const one of previewed) {
      if (one.action !== 'failed' && formatRef(one.ref) === this.#sourceKey)
        this.#changesSource ||= one.action !== 'unchanged' && one.action !== 'skipped';
      if (isKustomization(one.ref)) this.#takeChild(one);
    }
    for (const ref of deleted.filter(isKustomization)) await this.#removeChild(parent, ref);
  }

  #takeChild(one: PreviewedObject): void {
    const key = keyOf(one.ref);
    if (this.#done.has(key)) return;
    const child = childOf(one, this.given.kustomizations.get(nameOf(one.ref)));
    if (!child) return;
    if (this.#takesFrom(child)) return void this.#waiting.set(key, child);
    this.#waiting.delete(key);
    const note = `not planned: it would take its files from ${formatRef(sourceRefOf(child as Kustomization))}`;
    this.report.add({ ref: one.ref, failure: '', note, changes: [], unchanged: 0 });
  }

  /** What goes with a Kustomization that its parent deletes (flux-compat 3.9). */
  async #removeChild(parent: KubeObject, ref: ObjectRef): Promise<void> {
    const key = keyOf(ref);
    const live = this.given.kustomizations.get(nameOf(ref)) as Kustomization | undefined;
    this.#waiting.delete(key);
    if (!live || this.#done.has(key)) return;
    this.#done.add(key);
    const by = `${formatRef(refOf(parent))} would delete this Kustomization`;
    const add = (note: string, refs: readonly ObjectRef[], failure = ''): void => {
      const options = { before: SecretFields.none, after: SecretFields.none, digestKey: new Uint8Array() };
      const changes = refs.map((one) => describeDeletion(one, options));
      this.report.add({ ref, failure, note, changes, unchanged: 0 });
    };
    if (live.spec.kubeConfig)
      return add(`${by}; its objects are in another cluster and were not looked at`, []);
    if (!deletesObjects(live)) return add(`${by}; its objects would stay`, []);
    try {
      add(`${by}, and with it its objects`, await this.#objectsOf(live));
    } catch (error) {
      this.context.signal.throwIfAborted();
      add(by, [], (error as Error).message);
    }
  }

  async #objectsOf(live: Kustomization): Promise<readonly ObjectRef[]> {
    const { deps, signal } = this.context;
    const unrecorded = live.metadata.uid ? await deps.journal.read(live.metadata.uid) : [];
    const entries = mergeInventory(live.status?.inventory?.entries ?? [], unrecorded);
    const owner = { group: kustomizationGroup, ...nameOf(refOf(live)), fieldManager: '' };
    const { concurrentSsa: concurrency } = deps.options;
    const account = serviceAccountFor(live, deps.options);
    const client = account ? deps.client.impersonate(userOf(account)) : deps.client;
    return await previewDelete(client, entries.map(refOfEntry), { owner, concurrency, signal });
  }

  #takesFrom(object: KubeObject): boolean {
    const { sourceRef } = (object.spec ?? {}) as { sourceRef?: { kind?: string; name?: string } };
    if (!sourceRef?.kind || !sourceRef.name) return false;
    return formatRef(sourceRefOf(object as Kustomization)) === this.#sourceKey;
  }

  #lastWord(): string {
    const said: string[] = [];
    if (this.#done.size === 0) said.push(`no Kustomization takes files from ${this.#sourceKey}`);
    if (this.#changesSource)
      said.push(`this revision changes ${this.#sourceKey} itself; planned with the source as it is now`);
    if (this.report.omitted > 0)
      said.push(`${this.report.omitted} changes are not listed, because the answer would be too large`);
    if ((this.source.spec as { suspend?: boolean } | undefined)?.suspend)
      said.push(`${this.#sourceKey} is suspended`);
    return said.join('; ');
  }
}

/** The Kustomization as its parent would leave it; undefined when nobody can tell. */
function childOf(one: PreviewedObject, live: KubeObject | undefined): KubeObject | undefined {
  switch (one.action) {
    case 'created':
    case 'recreated':
      return one.action === 'created' ? (one.result ?? one.after) : one.after;
    case 'configured':
      // The status says what is in the inventory, and the server's copy of it is the newest.
      return {
        ...one.after,
        metadata: { ...one.before.metadata, ...one.after.metadata },
        status: live?.status,
      };
    default:
      return live;
  }
}

function isKustomization({ apiVersion, kind }: ObjectRef): boolean {
  return kind === 'Kustomization' && groupOf(apiVersion) === kustomizationGroup;
}

function parentOf({ metadata }: KubeObject): string | undefined {
  const { [`${kustomizationGroup}/name`]: name, [`${kustomizationGroup}/namespace`]: namespace } =
    metadata.labels ?? {};
  const parent = name && namespace ? formatName({ namespace, name }) : undefined;
  return parent === keyOf(metadata) ? undefined : parent;
}

function deletesObjects({ spec }: Kustomization): boolean {
  const policy = spec.deletionPolicy ?? 'MirrorPrune';
  return !spec.suspend && (policy === 'MirrorPrune' ? spec.prune : policy !== 'Orphan');
}

function nameOf({ namespace = '', name }: { namespace?: string; name: string }): NamespacedName {
  return { namespace, name };
}

function keyOf(ref: { namespace?: string; name: string }): string {
  return formatName(nameOf(ref));
}
