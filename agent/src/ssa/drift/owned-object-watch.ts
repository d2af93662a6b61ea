import {
  formatName,
  type KubeObject,
  type NamespacedName,
  type ObjectRef,
  type TypeRef,
} from '@flotilla/common/kube/object';
import type { KubeList, KubeReader, KubeWatcher } from '../../kube/client.js';
import { systemClock, type Clock } from '../../runtime/clock.js';
import { isSuspect, pauseAfter, type Observation } from './judge.js';
import { watchKind } from './kind-watch.js';
import { keyOf, versionOf, type ObjectVersion, type SeenObject } from './seen-object.js';

export interface OwnedObjectWatchOptions {
  client: Pick<KubeReader, 'list'> & KubeWatcher;
  /** Group of the owner labels; objects with the label `group/name` are watched. */
  ownerGroup: string;
  /** An object of an owner may have drifted: apply it again to see. Must not throw. */
  onSuspect(owner: NamespacedName, ref: ObjectRef): void;
  /** A kind cannot be watched for now, e.g. because RBAC forbids it. Must not throw. */
  onProblem?(type: TypeRef, error: unknown): void;
  clock?: Clock;
  random?: () => number;
  /** Changes that come together are judged together. Default 5. */
  debounceMs?: number;
}

/** One object of one owner. */
interface Tracked {
  owner: OwnerState;
  ref: ObjectRef;
  key: string;
  kind: KindState;
  seen: ObjectVersion;
  /** resourceVersion of the change that was reported last. */
  reported?: string;
  reportedAt: number;
  /** Suspicions in a row that turned out to be nothing. */
  unfounded: number;
  cancelTimer?: (() => void) | undefined;
}

interface OwnerState {
  name: NamespacedName;
  /** While it is applied, its own writes cannot be told from foreign ones. */
  held: boolean;
  tracked: Map<string, Tracked>;
}

interface KindState {
  type: TypeRef;
  stop: AbortController;
  running: Promise<void>;
  /** By key of the object, of all owners: what comes before the apply that tells of it must not be lost. */
  latest: Map<string, Observation>;
  tracked: Map<string, Set<Tracked>>;
}

/** A long time without a suspicion makes the next one count as the first. */
const forgetUnfoundedMs = 300_000;

/**
 * Sees foreign changes to applied objects: one metadata-only watch a kind, shared by all owners and closed when no
 * owner has objects of the kind. Around every apply: `hold` before it, then `expect` (all objects of the owner),
 * `update` (some of them) or `release` (the apply failed). Without `hold` own writes may raise suspicions, which are
 * found to be nothing.
 */
export class OwnedObjectWatch {
  private readonly owners = new Map<string, OwnerState>();
  private readonly kinds = new Map<string, KindState>();
  private readonly clock: Clock;
  private readonly debounceMs: number;

  constructor(private readonly options: OwnedObjectWatchOptions) {
    this.clock = options.clock ?? systemClock;
    this.debounceMs = options.debounceMs ?? 5;
  }

  /** Keeps back suspicions about an owner while it is applied or pruned. */
  hold(name: NamespacedName): void {
    this.ownerState(name).held = true;
  }

  /** Tells all that an owner has, as its apply saw it; what is not named is no longer watched for it. */
  expect(name: NamespacedName, objects: readonly SeenObject[]): void {
    const owner = this.ownerState(name);
    const named = new Set(objects.map((object) => this.see(owner, object)));
    for (const tracked of owner.tracked.values()) if (!named.has(tracked)) this.drop(tracked);
    this.release(name);
  }

  /** Tells how an apply of some of an owner's objects left them. */
  update(name: NamespacedName, objects: readonly SeenObject[]): void {
    const owner = this.ownerState(name);
    for (const object of objects) this.see(owner, object);
    this.release(name);
  }

  /** Ends `hold`; what came meanwhile is judged now. */
  release(name: NamespacedName): void {
    const owner = this.owners.get(formatName(name));
    if (!owner) return;
    owner.held = false;
    for (const tracked of owner.tracked.values()) this.consider(tracked);
  }

  /** Stops watching for an owner. */
  forget(name: NamespacedName): void {
    const owner = this.owners.get(formatName(name));
    for (const tracked of owner?.tracked.values() ?? []) this.drop(tracked);
    this.owners.delete(formatName(name));
  }

  /** The kinds that are watched now. */
  watchedTypes(): TypeRef[] {
    return [...this.kinds.values()].map(({ type }) => type);
  }

  /** Ends all watches. */
  async stop(): Promise<void> {
    const running = [...this.kinds.values()].map((kind) => kind.running);
    for (const { name } of this.owners.values()) this.forget(name);
    await Promise.all(running);
  }

  private ownerState(name: NamespacedName): OwnerState {
    const known = this.owners.get(formatName(name));
    if (known) return known;
    const owner = {
      name: { namespace: name.namespace, name: name.name },
      held: false,
      tracked: new Map<string, Tracked>(),
    };
    this.owners.set(formatName(name), owner);
    return owner;
  }

  private see(owner: OwnerState, { ref, key, version }: SeenObject): Tracked {
    const known = owner.tracked.get(idOf(ref));
    if (known) {
      // Nobody had to write anything after the suspicion: it was about nothing.
      if (known.reported === version.resourceVersion) known.unfounded += 1;
      else if (known.reported !== undefined) known.unfounded = 0;
      known.seen = version;
      delete known.reported;
      return known;
    }
    const kind = this.kindState({ apiVersion: ref.apiVersion, kind: ref.kind });
    const tracked: Tracked = { owner, ref, key, kind, seen: version, reportedAt: 0, unfounded: 0 };
    owner.tracked.set(idOf(ref), tracked);
    kind.tracked.set(key, (kind.tracked.get(key) ?? new Set()).add(tracked));
    return tracked;
  }

  private drop(tracked: Tracked): void {
    const { owner, kind, key } = tracked;
    tracked.cancelTimer?.();
    owner.tracked.delete(idOf(tracked.ref));
    const others = kind.tracked.get(key);
    others?.delete(tracked);
    if (others?.size) return;
    kind.tracked.delete(key);
    if (kind.latest.get(key)?.gone) kind.latest.delete(key);
    if (kind.tracked.size > 0) return;
    kind.stop.abort(new Error('nobody owns objects of this kind any more'));
    this.kinds.delete(idOfType(kind.type));
  }

  private kindState(type: TypeRef): KindState {
    const known = this.kinds.get(idOfType(type));
    if (known) return known;
    const stop = new AbortController();
    const kind: KindState = { type, stop, running: Promise.resolve(), latest: new Map(), tracked: new Map() };
    this.kinds.set(idOfType(type), kind);
    kind.running = watchKind({
      client: this.options.client,
      type,
      labelSelector: `${this.options.ownerGroup}/name`,
      clock: this.clock,
      random: this.options.random ?? Math.random,
      signal: stop.signal,
      onList: (list) => this.listed(kind, list),
      onChange: (object, gone) => this.observed(kind, object, gone),
      onProblem: (error) => this.options.onProblem?.(type, error),
    });
    return kind;
  }

  private listed(kind: KindState, { items, resourceVersion }: KubeList): void {
    kind.latest = new Map(
      items.map((item) => [keyOf(item), { version: versionOf(item.metadata), gone: false }]),
    );
    for (const [key, all] of kind.tracked) {
      for (const tracked of all) {
        if (!kind.latest.has(key))
          kind.latest.set(key, { version: { ...tracked.seen, resourceVersion }, gone: true });
        this.consider(tracked);
      }
    }
  }

  private observed(kind: KindState, object: KubeObject, gone: boolean): void {
    const key = keyOf(object);
    const tracked = kind.tracked.get(key);
    if (gone && !tracked && !this.isHeld(object)) {
      kind.latest.delete(key);
      return;
    }
    kind.latest.set(key, { version: versionOf(object.metadata), gone });
    for (const one of tracked ?? []) this.consider(one);
  }

  private isHeld({ metadata }: KubeObject): boolean {
    const label = (key: string): string => metadata.labels?.[`${this.options.ownerGroup}/${key}`] ?? '';
    return this.owners.get(formatName({ namespace: label('namespace'), name: label('name') }))?.held ?? false;
  }

  private consider(tracked: Tracked): void {
    if (tracked.cancelTimer || !this.mustReport(tracked)) return;
    if (this.clock.monotonic() - tracked.reportedAt > forgetUnfoundedMs) tracked.unfounded = 0;
    tracked.cancelTimer = this.clock.schedule(this.debounceMs + pauseAfter(tracked.unfounded), () => {
      tracked.cancelTimer = undefined;
      if (!this.mustReport(tracked)) return;
      tracked.reported = tracked.kind.latest.get(tracked.key)!.version.resourceVersion;
      tracked.reportedAt = this.clock.monotonic();
      this.options.onSuspect(tracked.owner.name, tracked.ref);
    });
  }

  private mustReport({ owner, kind, key, seen, reported }: Tracked): boolean {
    const latest = kind.latest.get(key);
    return !owner.held && isSuspect(seen, latest) && latest?.version.resourceVersion !== reported;
  }
}

function idOf(ref: ObjectRef): string {
  return `${idOfType(ref)} ${ref.namespace ?? ''}/${ref.name}`;
}

function idOfType({ apiVersion, kind }: TypeRef): string {
  return `${apiVersion}/${kind}`;
}
