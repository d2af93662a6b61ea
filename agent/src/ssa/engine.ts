import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import type { ChangeSet } from './changeset.js';
import type { SeenObject } from './drift/object-version.js';
import type { IgnoreRule } from './ignore/ignore-rules.js';

/** Labels that say which object owns an applied one, e.g. group "kustomize.toolkit.fluxcd.io". */
export interface Owner {
  group: string;
  name: string;
  namespace: string;
  /** Field manager of the applied fields, e.g. "kustomize-controller". */
  fieldManager: string;
}

/** Labels and annotations set on every object; they win over what the object declares. */
export interface CommonMetadata {
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

export interface ApplyOptions {
  owner: Owner;
  /** Delete and recreate on conflict or immutable fields (flux-compat 3.6, 7). */
  force: boolean;
  commonMetadata?: CommonMetadata;
  /** Field managers whose fields are taken over, beyond the built-in list. */
  overrideManagers: readonly string[];
  /** Kinds (`Kind` or `group/Kind`) of apply stage 3. */
  customStageKinds: readonly string[];
  /** Fields of existing objects that others may set: no drift, and kept as they are when the object is applied. */
  ignore?: readonly IgnoreRule[];
  /**
   * Knows objects that need no look: declared as they were at the last apply, and watched without a foreign change
   * since. They are unchanged without a request. Absent: every object is compared with the cluster.
   */
  settled?: (ref: ObjectRef, desired: string) => SeenObject | undefined;
  /**
   * Knows objects that nobody has changed since their last apply, however they are declared now. With it, and with
   * `settled`, a stage of which one object has changed is applied in one request.
   */
  untouched?: (ref: ObjectRef) => SeenObject | undefined;
  /** Brings managedFields of another version of the object's API to the version that is applied. Default: false. */
  migratesApiVersion?: boolean;
  /** Dry-runs in flight. Flux: 4. */
  concurrency: number;
  /** Limit of one whole apply, waits of the stages included. */
  signal: AbortSignal;
}

export interface DeleteOptions {
  owner: Owner;
  /** Uids of objects that stay, under whatever name they are to be deleted. */
  keep?: ReadonlySet<string>;
  signal: AbortSignal;
}

/** One object that a wait watches. */
export interface WaitTarget {
  ref: ObjectRef;
  /** The object as an apply has just left it; spares its first read. */
  live?: KubeObject;
}

export interface StatusResult {
  /** kstatus: Current, InProgress, Failed, Terminating, NotFound, Unknown. */
  status: string;
  message: string;
}

/** Reads the status of an object; it is undefined when the server does not have it. */
export type ReadStatus = (
  object: KubeObject | undefined,
  ref: ObjectRef,
  signal?: AbortSignal,
) => StatusResult | Promise<StatusResult>;

export interface WaitOptions {
  timeoutMs: number;
  /** End as soon as one object has failed. Default true. */
  failFast?: boolean;
  signal: AbortSignal;
  /** Default: the engine's own, kstatus. */
  readStatus?: ReadStatus;
  /** Knows the health of some objects by other rules; where it gives nothing, `readStatus` decides. May throw. */
  statusOf?: (object: KubeObject) => StatusResult | undefined;
}

export interface TerminationOptions {
  timeoutMs: number;
  signal: AbortSignal;
}

/** Staged server-side apply as Flux does it, against one cluster as one identity. */
export interface ApplyEngine {
  /**
   * Applies the objects in stages and order (flux-compat 3.6): normalises them, sets common metadata and the owner's
   * labels, and writes only what has changed. Never changes what it is given. A subset of an owner's objects may be
   * given too: that is how drift of some of them is verified and corrected.
   * @throws ApplyError with the change set of the stages that were complete; a plain Error for objects that are refused
   * before the server is asked.
   */
  applyAllStaged(objects: readonly KubeObject[], options: ApplyOptions): Promise<ChangeSet>;
  /** Deletes in reverse order what still belongs to the owner (flux-compat 3.7). @throws DeleteError with what was deleted. */
  deleteAll(refs: readonly ObjectRef[], options: DeleteOptions): Promise<ChangeSet>;
  /** Polls until all objects are Current. @throws WaitError: timeout or stalled, with flux-compat 3.8 texts. */
  wait(targets: readonly WaitTarget[], options: WaitOptions): Promise<void>;
  /** Polls until all objects are gone (flux-compat 3.9). @throws WaitError */
  waitForTermination(refs: readonly ObjectRef[], options: TerminationOptions): Promise<void>;
}
