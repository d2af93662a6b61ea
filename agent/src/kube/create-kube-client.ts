import type { KubeObject, NamespacedName, ObjectRef, TypeRef } from '@flotilla/common/kube/object';
import { refOf } from '@flotilla/common/kube/object';
import type { Clock } from '../runtime/clock.js';
import { systemClock } from '../runtime/clock.js';
import type {
  ApplyOptions,
  CreateOptions,
  DeleteOptions,
  GetOptions,
  IssuedToken,
  KubeClient,
  KubeList,
  ListOptions,
  Patch,
  PatchOptions,
  ResourceInfo,
  TokenRequest,
  WatchEvent,
  WatchOptions,
} from './client.js';
import { Discovery } from './discovery.js';
import { isApiError } from './errors.js';
import { parseJson, stringifyJson } from './json.js';
import { listPages } from './list-pages.js';
import type { PathTarget } from './resource-path.js';
import { requireNamespace, resourcePath } from './resource-path.js';
import { errorOfAnswer, isUnknownPath } from './status-error.js';
import type { KubeTransport, TransportAnswer, TransportRequest } from './transport.js';
import { watchOnce } from './watch-once.js';

export interface KubeClientOptions {
  clock?: Clock;
  /** 0 <= r < 1; spreads the lengths of watches. Default Math.random. */
  random?: () => number;
}

/** A client on a transport. Impersonated clients share the transport and what discovery knows. */
export function createKubeClient(transport: KubeTransport, options: KubeClientOptions = {}): KubeClient {
  const discovery = new Discovery(transport, options.clock ?? systemClock);
  return new TransportClient(transport, discovery, options.random ?? Math.random, {});
}

type Method = TransportRequest['method'];

interface Call {
  method: Method;
  target: PathTarget;
  body?: unknown;
  headers?: Record<string, string>;
  idempotent?: boolean;
  signal?: AbortSignal | undefined;
}

const partialMetadata = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

class TransportClient implements KubeClient {
  constructor(
    private readonly transport: KubeTransport,
    readonly discovery: Discovery,
    private readonly random: () => number,
    private readonly identity: Readonly<Record<string, string>>,
  ) {}

  impersonate(user: string): KubeClient {
    return new TransportClient(this.transport, this.discovery, this.random, { 'impersonate-user': user });
  }

  async get(ref: ObjectRef, options: GetOptions = {}): Promise<KubeObject | undefined> {
    const answer = await this.call(ref, {
      method: 'GET',
      target: targetOf(ref),
      headers: options.metadataOnly ? { accept: partialMetadata } : {},
      signal: options.signal,
    });
    if (answer.code === 404) return undefined;
    return this.objectOf(answer, options.metadataOnly ? ref : undefined);
  }

  async list(type: TypeRef, options: ListOptions = {}): Promise<KubeList> {
    return listPages(type, options, (query, headers) =>
      this.call(type, {
        method: 'GET',
        target: { namespace: options.namespace, query },
        headers,
        signal: options.signal,
      }),
    );
  }

  async apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const query = {
      fieldManager: options.fieldManager,
      force: options.force ? 'true' : undefined,
      dryRun: options.dryRun ? 'All' : undefined,
    };
    const answer = await this.call(object, {
      method: 'PATCH',
      target: { ...targetOf(refOf(object), options.subresource), query },
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: object,
      // Applying the same object twice changes nothing, unless it insists on a resourceVersion.
      idempotent: object.metadata.resourceVersion === undefined,
      signal: options.signal,
    });
    return this.objectOf(answer);
  }

  async patch(ref: ObjectRef, patch: Patch, options: PatchOptions = {}): Promise<KubeObject> {
    const query = { fieldManager: options.fieldManager, dryRun: options.dryRun ? 'All' : undefined };
    const answer = await this.call(ref, {
      method: 'PATCH',
      target: { ...targetOf(ref, options.subresource), query },
      headers: {
        'content-type':
          patch.type === 'merge' ? 'application/merge-patch+json' : 'application/json-patch+json',
      },
      body: patch.body,
      signal: options.signal,
    });
    return this.objectOf(answer);
  }

  async create(object: KubeObject, options: CreateOptions = {}): Promise<KubeObject> {
    const query = { fieldManager: options.fieldManager, dryRun: options.dryRun ? 'All' : undefined };
    const info = await this.discovery.resource(object, options);
    requireNamespace(info, refOf(object));
    const answer = await this.call(object, {
      method: 'POST',
      target: { namespace: object.metadata.namespace, query },
      headers: { 'content-type': 'application/json' },
      body: object,
      signal: options.signal,
    });
    return this.objectOf(answer);
  }

  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<boolean> {
    const { propagation, preconditions, dryRun } = options;
    const answer = await this.call(ref, {
      method: 'DELETE',
      target: targetOf(ref),
      headers: { 'content-type': 'application/json' },
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(propagation ? { propagationPolicy: propagation } : {}),
        ...(preconditions ? { preconditions } : {}),
        ...(dryRun ? { dryRun: ['All'] } : {}),
      },
      signal: options.signal,
    });
    return answer.code !== 404;
  }

  async requestToken(account: NamespacedName, request: TokenRequest): Promise<IssuedToken> {
    const type = { apiVersion: 'v1', kind: 'ServiceAccount' };
    const { audiences, expirationSeconds } = request;
    const answer = await this.call(type, {
      method: 'POST',
      target: { ...account, subresource: 'token' },
      headers: { 'content-type': 'application/json' },
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences, expirationSeconds },
      },
      signal: request.signal,
    });
    const { status } = parseJson(answer.text) as {
      status?: { token?: string; expirationTimestamp?: string };
    };
    if (!status?.token)
      throw new Error(`ServiceAccount/${account.namespace}/${account.name}: no token was issued`);
    return { token: status.token, expiresAt: status.expirationTimestamp ?? '' };
  }

  async *watch(type: TypeRef, options: WatchOptions): AsyncGenerator<WatchEvent> {
    const info = await this.discovery.resource(type, options);
    try {
      yield* watchOnce(this.transport, info, options, this.identity, this.random);
    } catch (error) {
      // The kind may be gone since discovery; the next call has to look again.
      if (isApiError(error, 404)) this.discovery.forget(type.apiVersion);
      throw error;
    }
  }

  /** Sends a request; when the path is unknown, looks the kind up again and tries once more. Throws for all but 2xx and 404. */
  private async call(type: TypeRef, call: Call): Promise<TransportAnswer> {
    const lookup = call.signal ? { signal: call.signal } : {};
    let answer = await this.send(await this.discovery.resource(type, lookup), call);
    if (isUnknownPath(answer.code, answer.text)) {
      this.discovery.forget(type.apiVersion);
      answer = await this.send(await this.discovery.resource(type, lookup), call);
      if (isUnknownPath(answer.code, answer.text)) throw errorOfAnswer(answer);
    }
    const missing = answer.code === 404 && (call.method === 'GET' || call.method === 'DELETE');
    if (answer.code >= 300 && !missing) throw errorOfAnswer(answer);
    return answer;
  }

  private send(info: ResourceInfo, call: Call): Promise<TransportAnswer> {
    return this.transport.send({
      method: call.method,
      path: resourcePath(info, call.target),
      headers: { ...this.identity, ...call.headers },
      ...(call.body === undefined ? {} : { body: stringifyJson(call.body) }),
      ...(call.idempotent === undefined ? {} : { idempotent: call.idempotent }),
      ...(call.signal ? { signal: call.signal } : {}),
    });
  }

  private objectOf(answer: TransportAnswer, type?: TypeRef): KubeObject {
    const object = parseJson(answer.text) as KubeObject;
    // Partial metadata comes as kind PartialObjectMetadata; callers want the kind they asked for.
    return type ? { ...object, apiVersion: type.apiVersion, kind: type.kind } : object;
  }
}

function targetOf(ref: ObjectRef, subresource?: string): PathTarget {
  return { namespace: ref.namespace, name: ref.name, ...(subresource ? { subresource } : {}) };
}
