import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import type { ChangeSet } from './changeset.js';

/** Labels that say which object owns an applied one, e.g. group "kustomize.toolkit.fluxcd.io". */
export interface Owner {
  group: string;
  name: string;
  namespace: string;
  /** Field manager of the applied fields, e.g. "kustomize-controller". */
  fieldManager: string;
}

export interface ApplyOptions {
  owner: Owner;
  /** Delete and recreate on conflict or immutable fields (flux-compat 3.6, 7). */
  force: boolean;
  /** Field managers whose fields are taken over, beyond the built-in list. */
  overrideManagers: readonly string[];
  /** Kinds (`Kind` or `group/Kind`) of apply stage 3. */
  customStageKinds: readonly string[];
  /** Dry-runs in flight. Default 4. */
  concurrency: number;
  /** Limit of one whole apply, waits of the stages included. */
  signal: AbortSignal;
}

export interface DeleteOptions {
  owner: Owner;
  signal: AbortSignal;
}

/** One object that a wait watches. */
export interface WaitTarget {
  ref: ObjectRef;
}

export interface WaitOptions {
  timeoutMs: number;
  /** End as soon as one object has failed. Default true. */
  failFast: boolean;
  signal: AbortSignal;
  /** Reads the status of an object; default kstatus. */
  readStatus?: (object: KubeObject | undefined, ref: ObjectRef) => { status: string; message: string };
}

/** Staged server-side apply as Flux does it, against one cluster as one identity. */
export interface ApplyEngine {
  /**
   * Applies the objects in stages and order (flux-compat 3.6). Never changes what it is given.
   * @throws ApplyError with the change set of the stages that were complete.
   */
  applyAllStaged(objects: readonly KubeObject[], options: ApplyOptions): Promise<ChangeSet>;
  /** Deletes in reverse order what still belongs to the owner (flux-compat 3.7). @throws DeleteError with what was deleted. */
  deleteAll(refs: readonly ObjectRef[], options: DeleteOptions): Promise<ChangeSet>;
  /** Polls until all objects are Current. @throws WaitError: timeout or stalled, with flux-compat 3.8 texts. */
  wait(targets: readonly WaitTarget[], options: WaitOptions): Promise<void>;
  /** Polls until all objects are gone. */
  waitForTermination(refs: readonly ObjectRef[], options: WaitOptions): Promise<void>;
}
