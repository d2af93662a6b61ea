import type { SeenObject } from '../../ssa/drift/seen-object.js';
import { objectId } from '@flotilla/common/inventory/object-id';
import type { StateFolder } from './state-folder.js';

/** The inputs of the last reconcile that succeeded. When they are still the same, there is nothing to do. */
export interface SettledState {
  generation: number;
  artifactDigest: string;
  revision: string;
  buildKey: string;
  /** Milliseconds since the epoch: when the remote bases were read last; absent when there are none. */
  fetchedAt?: number;
  substitutionIdentity: string;
  /** `sha256:<hex>` of the documents, for the history. */
  manifestsDigest: string;
  /** Identity and options of the agent that decide how objects are applied. */
  applyOptions: string;
  /** Milliseconds since the epoch: when all objects were compared with the cluster last. */
  verifiedAt: number;
}

/**
 * Remembers settled states by uid, in memory and on disk, so that a restart does not begin with comparing every
 * object of every Kustomization. The objects of a state are kept on disk alone.
 */
export class SettledStates {
  readonly #states = new Map<string, SettledState | undefined>();

  constructor(readonly folder: StateFolder) {}

  /**
   * The state; `restored` holds the objects when this call was the first since the start and found the state on
   * disk: from now on the caller has to watch them.
   */
  async get(uid: string): Promise<{ state: SettledState; restored?: readonly SeenObject[] } | undefined> {
    if (this.#states.has(uid)) {
      const state = this.#states.get(uid);
      return state ? { state } : undefined;
    }
    const state = await this.#load(uid);
    const restored = state ? await this.objects(uid) : undefined;
    this.#states.set(uid, restored ? state : undefined);
    return state && restored ? { state, restored } : undefined;
  }

  /** True when the last reconcile was a success, and none is under way that changes something. */
  isSettled(uid: string): boolean {
    return this.#states.get(uid) !== undefined;
  }

  /** The objects of the last success as that success saw them. */
  async objects(uid: string): Promise<readonly SeenObject[] | undefined> {
    const content = await this.folder.read(objectsOf(uid));
    return Array.isArray(content) ? (content as SeenObject[]) : undefined;
  }

  /** Keeps a state and its objects. A disk that fails costs the next start, not this reconcile. */
  async put(uid: string, state: SettledState, objects: readonly SeenObject[]): Promise<void> {
    await this.#write(objectsOf(uid), objects);
    await this.update(uid, state);
  }

  /** Keeps newer versions of some of the objects. */
  async updateObjects(uid: string, newer: readonly SeenObject[]): Promise<void> {
    const objects = await this.objects(uid);
    if (!objects) return;
    const ids = new Set(newer.map(({ ref }) => objectId(ref)));
    await this.#write(objectsOf(uid), [...newer, ...objects.filter(({ ref }) => !ids.has(objectId(ref)))]);
  }

  /** Keeps another state of the same objects. */
  async update(uid: string, state: SettledState): Promise<void> {
    this.#states.set(uid, state);
    await this.#write(stateOf(uid), { format, state });
  }

  /** Called before anything in the cluster is changed: the state is unknown until the next success. */
  async drop(uid: string): Promise<void> {
    this.#states.set(uid, undefined);
    await this.folder.remove(stateOf(uid));
  }

  /** The object is gone. */
  async forget(uid: string): Promise<void> {
    await this.drop(uid);
    await this.folder.remove(objectsOf(uid));
    this.#states.delete(uid);
  }

  async #load(uid: string): Promise<SettledState | undefined> {
    const content = (await this.folder.read(stateOf(uid))) as
      | { format?: number; state?: SettledState }
      | undefined;
    return content?.format === format ? content.state : undefined;
  }

  async #write(name: string, content: unknown): Promise<void> {
    await this.folder.write(name, content).catch(() => this.folder.remove(name));
  }
}

/** Changed when the shape changes; documents of another format are ignored. */
const format = 1;

function stateOf(uid: string): string {
  return `${uid}.settled`;
}

function objectsOf(uid: string): string {
  return `${uid}.objects`;
}
