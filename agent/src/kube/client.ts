import type { KubeObject, NamespacedName, ObjectRef, TypeRef } from '@flotilla/common/kube/object';

/** Cancels a request. Every call also has the transport's own deadline. */
export interface RequestOptions {
  signal?: AbortSignal;
}

export interface GetOptions extends RequestOptions {
  /** Ask for PartialObjectMetadata only. */
  metadataOnly?: boolean;
}

export interface ListOptions extends GetOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects a page; all pages are read. Default 500. */
  pageSize?: number;
  /** What to keep of each item, applied as its page arrives; saves memory on long lists. */
  transform?: (object: KubeObject) => KubeObject;
}

export interface KubeList {
  /** Where a watch goes on from. */
  resourceVersion: string;
  items: KubeObject[];
}

export interface ApplyOptions extends RequestOptions {
  fieldManager: string;
  /** Take fields that another manager owns. Default false. */
  force?: boolean;
  /** Let the server compute the result and keep nothing. Default false. */
  dryRun?: boolean;
  subresource?: 'status';
}

export interface PatchOptions extends RequestOptions {
  fieldManager?: string;
  dryRun?: boolean;
  subresource?: 'status';
}

export type Patch =
  | { type: 'merge'; body: Record<string, unknown> }
  | {
      type: 'json';
      body: ReadonlyArray<{ op: 'add' | 'remove' | 'replace' | 'test'; path: string; value?: unknown }>;
    };

export interface CreateOptions extends RequestOptions {
  fieldManager?: string;
  dryRun?: boolean;
}

export interface DeleteOptions extends RequestOptions {
  propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Refuse (409) when the live object is another one. */
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

export interface WatchOptions extends GetOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion: string;
  /** When the server ends the watch. Default 5 to 10 minutes, spread. */
  timeoutSeconds?: number;
}

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubeObject }
  | { type: 'BOOKMARK'; resourceVersion: string };

export interface KubeReader {
  /** The object, or undefined when the server says NotFound. @throws KubeApiError, NoKindMatchError */
  get(ref: ObjectRef, options?: GetOptions): Promise<KubeObject | undefined>;
  /** All objects of a kind, over all pages. Items carry apiVersion and kind. */
  list(type: TypeRef, options?: ListOptions): Promise<KubeList>;
}

export interface KubeWriter {
  /** Server-side apply of the object exactly as given: no field is added or dropped. Returns the server's result. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>;
  patch(ref: ObjectRef, patch: Patch, options?: PatchOptions): Promise<KubeObject>;
  create(object: KubeObject, options?: CreateOptions): Promise<KubeObject>;
  /** True when the server accepted the deletion, false when there was nothing to delete. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<boolean>;
}

export interface KubeWatcher {
  /** One watch request, bookmarks on. Ends without error at the server's timeout. @throws KubeApiError (410 = list again) */
  watch(type: TypeRef, options: WatchOptions): AsyncIterable<WatchEvent>;
}

/** What discovery knows of a kind. */
export interface ResourceInfo {
  apiVersion: string;
  kind: string;
  /** Plural name, as in URLs. */
  resource: string;
  namespaced: boolean;
  verbs: readonly string[];
  subresources: readonly string[];
}

export interface KubeDiscovery {
  /** Looks a kind up; asks the server again before it says no, at most once a second. @throws NoKindMatchError */
  resource(type: TypeRef, options?: RequestOptions): Promise<ResourceInfo>;
  /** Forget what is known, e.g. after a CustomResourceDefinition was applied. */
  invalidate(): void;
  /** The server's version, e.g. "v1.20.2". */
  serverVersion(options?: RequestOptions): Promise<string>;
}

export interface TokenRequest extends RequestOptions {
  /** Whom the token is for; empty = the API server itself. */
  audiences: readonly string[];
  expirationSeconds: number;
}

export interface IssuedToken {
  token: string;
  /** RFC 3339. */
  expiresAt: string;
}

export interface TokenIssuer {
  /** A short-lived token of a ServiceAccount. @throws KubeApiError, 404 when there is no such account */
  requestToken(account: NamespacedName, request: TokenRequest): Promise<IssuedToken>;
}

/** One cluster seen as one identity. */
export interface KubeClient extends KubeReader, KubeWriter, KubeWatcher, TokenIssuer {
  readonly discovery: KubeDiscovery;
  /** The same cluster and connections as another user (Kubernetes impersonation, flux-compat 8.2). */
  impersonate(user: string): KubeClient;
}
