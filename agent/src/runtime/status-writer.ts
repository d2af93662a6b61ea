import { isDeepStrictEqual } from 'node:util';
import { formatObject, refOf, type KubeObject } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWriter } from '../kube/client.js';
import { isApiError } from '../kube/errors.js';
import { createMergePatch } from './merge-patch.js';

export interface StatusWriterOptions {
  client: KubeReader & KubeWriter;
  /** flux-compat 1.4, e.g. `gotk-kustomize-controller`. */
  fieldManager: string;
  /** Told every answer, so that the cache is not behind our own writes. */
  observe?: (object: KubeObject) => void;
}

/**
 * Writes status and finalizers of one kind.
 *
 * They are merge patches, not server-side apply: Flux owns these fields as `Update` of the same manager, and fields
 * that an `Update` owns cannot be removed by applying without them.
 */
export interface StatusWriter {
  /**
   * Makes the status as given, through the subresource; nothing is sent when it is so already. `base` is the object
   * that the status was computed from.
   * @returns the object as it is now. @throws LostUpdateError when someone else wrote the status since `base`
   */
  writeStatus(base: KubeObject, status: Record<string, unknown>, signal?: AbortSignal): Promise<KubeObject>;
  /** @returns the object as it is now. */
  addFinalizer(base: KubeObject, finalizer: string, signal?: AbortSignal): Promise<KubeObject>;
  /** Also fine when the object is gone. */
  removeFinalizer(base: KubeObject, finalizer: string, signal?: AbortSignal): Promise<void>;
}

/** Somebody else wrote the status meanwhile, or it is another object by now: what we know is old. Reconcile again. */
export class LostUpdateError extends Error {
  override readonly name = 'LostUpdateError';
}

export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  return new PatchWriter(options);
}

/** A spec or label that changes under our hands each time; more than that is a fight that back-off must calm. */
const maxAttempts = 5;

class PatchWriter implements StatusWriter {
  constructor(private readonly options: StatusWriterOptions) {}

  async writeStatus(
    base: KubeObject,
    status: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<KubeObject> {
    const patch = createMergePatch(statusOf(base), status);
    if (!patch) return base;
    return this.patchUnlessLost(base, { status: patch }, 'status', signal, (live) => {
      // The status is a truth about what we saw; it stays true when only spec or labels have moved on.
      if (!isDeepStrictEqual(statusOf(live), statusOf(base))) {
        throw new LostUpdateError(`${formatObject(base)}: the status was changed by someone else meanwhile`);
      }
      return { status: patch };
    });
  }

  async addFinalizer(base: KubeObject, finalizer: string, signal?: AbortSignal): Promise<KubeObject> {
    const present = base.metadata.finalizers ?? [];
    if (present.includes(finalizer)) return base;
    const bodyFor = (object: KubeObject): Body =>
      finalizersBody([...(object.metadata.finalizers ?? []).filter((one) => one !== finalizer), finalizer]);
    return this.patchUnlessLost(base, bodyFor(base), undefined, signal, bodyFor);
  }

  async removeFinalizer(base: KubeObject, finalizer: string, signal?: AbortSignal): Promise<void> {
    if (!base.metadata.finalizers?.includes(finalizer)) return;
    const bodyFor = (object: KubeObject): Body =>
      finalizersBody((object.metadata.finalizers ?? []).filter((one) => one !== finalizer));
    try {
      await this.patchUnlessLost(base, bodyFor(base), undefined, signal, bodyFor);
    } catch (error) {
      if (isApiError(error, 404) || error instanceof GoneError) return;
      throw error;
    }
  }

  /** Patches with the version as a lock. When the lock is lost, `rebase` decides on the live object what to do. */
  private async patchUnlessLost(
    base: KubeObject,
    body: Body,
    subresource: 'status' | undefined,
    signal: AbortSignal | undefined,
    rebase: (live: KubeObject) => Body,
  ): Promise<KubeObject> {
    let current = base;
    let change = body;
    for (let attempt = 1; ; attempt += 1) {
      const { uid, resourceVersion } = current.metadata;
      try {
        const metadata = { ...change.metadata, uid, resourceVersion };
        const written = await this.options.client.patch(
          refOf(base),
          { type: 'merge', body: { ...change, metadata } },
          {
            fieldManager: this.options.fieldManager,
            ...(subresource ? { subresource } : {}),
            ...(signal ? { signal } : {}),
          },
        );
        this.options.observe?.(written);
        return written;
      } catch (error) {
        if (!isApiError(error, 409) || attempt === maxAttempts) throw error;
      }
      current = await this.readLive(base, signal);
      change = rebase(current);
    }
  }

  private async readLive(base: KubeObject, signal: AbortSignal | undefined): Promise<KubeObject> {
    const live = await this.options.client.get(refOf(base), signal ? { signal } : {});
    if (!live || live.metadata.uid !== base.metadata.uid) {
      throw new GoneError(`${formatObject(base)}: the object was deleted meanwhile`);
    }
    return live;
  }
}

/** There is nothing left to write to. */
class GoneError extends LostUpdateError {}

interface Body extends Record<string, unknown> {
  metadata?: Record<string, unknown>;
}

function finalizersBody(finalizers: string[]): Body {
  return { metadata: { finalizers: finalizers.length > 0 ? finalizers : null } };
}

function statusOf(object: KubeObject): Record<string, unknown> {
  return (object.status ?? {}) as Record<string, unknown>;
}
