import { formatName, type NamespacedName, type ObjectRef, type TypeRef } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWatcher } from '../../kube/client.js';
import { systemClock, type Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import { isSuspect, pauseAfter } from './judge.js';
import { KindWatch } from './kind-watch.js';
import type { SeenObject } from './object-version.js';
import { idOf, idOfType, isSame, type KindState, type OwnerState, type Tracked } from './tracked.js';
import { ScopeChoice, type WatchScope } from './watch-scope.js';

export interface OwnedObjectWatchOptions {
  client: KubeReader & KubeWatcher;
  /**
   * Where objects of an owner may be watched, widest first; `namespace` is that of the object, if it has one. Where the
   * server refuses one, the next is taken. Default: the whole cluster through `client`.
   */
  scopesOf?(owner: NamespacedName, namespace: string | undefined): [...WatchScope[], WatchScope];
  /** Group of the owner labels; objects with the label `group/name` are watched. */
  ownerGroup: string;
  /** An object of an owner may have drifted: apply it again to see. Must not throw. */
  onSuspect(owner: NamespacedName, ref: ObjectRef): void;
  logger: Logger;
  clock?: Clock;
  /** Changes that come together are judged together. Default 5. */
  debounceMs?: number;
}

/** A long time without a suspicion makes the next one count as the first. */
const forgetUnfoundedMs = 300_000;

/**
 * Sees foreign changes to applied objects: one metadata-only watch a kind and scope, shared by all owners and closed
 * when no owner has objects in it. Around every apply: `hold` before it, then `expect` (all objects of the owner),
 * `update` (some of them) or `release` (the apply failed). Without `hold` own writes may raise suspicions, which are
 * found to be nothing.
 */
export class OwnedObjectWatch {
  private readonly owners = new Map<string, OwnerState>();
  private readonly kinds = new Map<string, KindState>();
  private readonly scopes = new ScopeChoice();
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

  /** As `expect`, with what an earlier process saw: an object that the watch does not know of is gone. */
  restore(name: NamespacedName, objects: readonly SeenObject[]): void {
    this.hold(name);
    const owner = this.ownerState(name);
    for (const object of objects) {
      const { kind, key, seen } = this.see(owner, object);
      if (kind.watch.seeing && !kind.watch.latest(key)) kind.watch.markGone(key, seen);
    }
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

  /**
   * What is known of an object that was applied as `desired` and has not been changed by others since, as far as a
   * watch that works tells; undefined when it has to be looked at (`ApplyOptions.settled`).
   */
  settled(name: NamespacedName, ref: ObjectRef, desired: string): SeenObject | undefined {
    const seen = this.untouched(name, ref);
    return seen?.desired === desired ? seen : undefined;
  }

  /** As `settled`, however the object is declared now (`ApplyOptions.untouched`). */
  untouched(name: NamespacedName, ref: ObjectRef): SeenObject | undefined {
    const tracked = this.owners.get(formatName(name))?.tracked.get(idOf(ref));
    if (tracked?.desired === undefined || !tracked.kind.watch.seeing) return undefined;
    const { key, seen, kind, desired, traits } = tracked;
    const latest = kind.watch.latest(key);
    if (!latest || isSuspect(seen, latest)) return undefined;
    return { ref, key, version: seen, desired, ...traits };
  }

  /**
   * A text that changes whenever one of the owner's objects changes in any way, its status included. Undefined while
   * not all of their kinds can be watched.
   */
  versions(name: NamespacedName): string | undefined {
    const tracked = [...(this.owners.get(formatName(name))?.tracked.values() ?? [])];
    if (tracked.some(({ kind }) => !kind.watch.seeing)) return undefined;
    const versions = tracked.map(({ kind, key }) => kind.watch.latest(key)?.version);
    return versions.map((version) => `${version?.uid ?? ''}/${version?.resourceVersion ?? ''}`).join(' ');
  }

  /** Stops watching for an owner. */
  forget(name: NamespacedName): void {
    const owner = this.owners.get(formatName(name));
    for (const tracked of owner?.tracked.values() ?? []) this.drop(tracked);
    this.owners.delete(formatName(name));
  }

  /** The kinds that are watched now. */
  watchedTypes(): TypeRef[] {
    return [...this.kinds.values()].map(({ watch }) => watch.type);
  }

  /** Ends all watches. */
  async stop(): Promise<void> {
    const watches = [...this.kinds.values()].map(({ watch }) => watch);
    for (const { name } of this.owners.values()) this.forget(name);
    await Promise.all(watches.map((watch) => watch.stop()));
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

  private see(owner: OwnerState, object: SeenObject): Tracked {
    const { ref, key, version, written, desired, ...traits } = object;
    const kind = this.kindState(ref, owner, key);
    const known = owner.tracked.get(idOf(ref));
    if (known && known.kind !== kind) this.drop(known);
    else if (known) {
      if (written) known.unfounded = 0;
      else if (known.reported) known.unfounded += 1;
      known.seen = version;
      known.desired = desired;
      known.traits = traits;
      delete known.reported;
      // A pause that was right before need not be any more; `release` judges anew.
      known.cancelTimer?.();
      known.cancelTimer = undefined;
      return known;
    }
    const begun = { reportedAt: 0, unfounded: 0 };
    const tracked: Tracked = { owner, ref, key, kind, seen: version, desired, traits, ...begun };
    owner.tracked.set(idOf(ref), tracked);
    this.attach(tracked, kind);
    return tracked;
  }

  private drop(tracked: Tracked): void {
    tracked.cancelTimer?.();
    tracked.owner.tracked.delete(idOf(tracked.ref));
    this.detach(tracked);
  }

  private attach(tracked: Tracked, kind: KindState): void {
    tracked.kind = kind;
    kind.tracked.set(tracked.key, (kind.tracked.get(tracked.key) ?? new Set()).add(tracked));
  }

  private detach(tracked: Tracked): void {
    const { kind, key } = tracked;
    const others = kind.tracked.get(key);
    others?.delete(tracked);
    if (others?.size) return;
    kind.tracked.delete(key);
    kind.watch.forget(key);
    if (kind.tracked.size > 0) return;
    this.kinds.delete(kind.id);
    void kind.watch.stop();
  }

  private kindState(ref: ObjectRef, owner: OwnerState, key: string): KindState {
    const type: TypeRef = { apiVersion: ref.apiVersion, kind: ref.kind };
    const scope = this.scopes.choose(idOfType(type), this.scopesOf(owner, key), this.clock.monotonic());
    const id = `${idOfType(type)} ${scope.id}`;
    const known = this.kinds.get(id);
    if (known) return known;
    const { ownerGroup, logger } = this.options;
    const kind: KindState = {
      id,
      scope,
      tracked: new Map(),
      watch: new KindWatch({
        ...scope,
        type,
        ownerGroup,
        logger,
        clock: this.clock,
        onChange: (changed, ownerName) => this.changed(kind, changed, ownerName),
        onSynced: () => this.synced(kind),
        onForbidden: () => this.forbidden(kind),
      }),
    };
    this.kinds.set(id, kind);
    return kind;
  }

  private scopesOf({ name }: OwnerState, key: string): [...WatchScope[], WatchScope] {
    const namespace = key.slice(0, key.indexOf('/')) || undefined;
    return this.options.scopesOf?.(name, namespace) ?? [{ id: '', client: this.options.client }];
  }

  /** Whoever has a narrower scope goes on there. */
  private forbidden(kind: KindState): void {
    this.scopes.refuse(idOfType(kind.watch.type), kind.scope, this.clock.monotonic());
    for (const tracked of [...kind.tracked.values()].flatMap((all) => [...all])) {
      const next = this.kindState(tracked.ref, tracked.owner, tracked.key);
      if (next === kind) continue;
      this.detach(tracked);
      this.attach(tracked, next);
      if (next.watch.seeing && !next.watch.latest(tracked.key))
        next.watch.markGone(tracked.key, tracked.seen);
      this.consider(tracked);
    }
  }

  private synced({ watch, tracked }: KindState): void {
    for (const [key, all] of tracked) {
      for (const one of all) {
        if (!watch.latest(key)) watch.markGone(key, one.seen);
        this.consider(one);
      }
    }
  }

  private changed({ watch, tracked }: KindState, key: string, owner: NamespacedName): void {
    const all = tracked.get(key);
    // An owner that is being applied may have made the object, and tells of it only at the end.
    if (!all && !this.owners.get(formatName(owner))?.held) watch.forget(key);
    for (const one of all ?? []) this.consider(one);
  }

  private consider(tracked: Tracked): void {
    if (tracked.cancelTimer || !this.mustReport(tracked)) return;
    if (this.clock.monotonic() - tracked.reportedAt > forgetUnfoundedMs) tracked.unfounded = 0;
    tracked.cancelTimer = this.clock.schedule(this.debounceMs + pauseAfter(tracked.unfounded), () => {
      tracked.cancelTimer = undefined;
      if (!this.mustReport(tracked)) return;
      tracked.reported = tracked.kind.watch.latest(tracked.key)!;
      tracked.reportedAt = this.clock.monotonic();
      this.options.onSuspect(tracked.owner.name, tracked.ref);
    });
  }

  /** A Job that has cleaned up after itself is made again at the next interval, not over and over. */
  private mustReport({ owner, kind, key, seen, reported, traits }: Tracked): boolean {
    const latest = kind.watch.latest(key);
    if (traits.endsByItself && latest?.gone) return false;
    return !owner.held && isSuspect(seen, latest) && !isSame(latest, reported);
  }
}
