import type { TypeRef } from '@flotilla/common/kube/object';
import type { Clock } from '../runtime/clock.js';
import type { KubeDiscovery, RequestOptions, ResourceInfo } from './client.js';
import { aggregatedAccept, isAggregated, readAggregated, readResourceList } from './discovery-documents.js';
import { abortable } from './deadline.js';
import { NoKindMatchError } from './errors.js';
import { parseJson } from './json.js';
import { groupVersionPath } from './resource-path.js';
import { errorOfAnswer } from './status-error.js';
import type { KubeTransport } from './transport.js';

/** A kind that is not there is asked for again at most this often, unless somebody says that kinds have changed. */
const missIntervalMs = 1_000;

interface GroupVersion {
  kinds: ReadonlyMap<string, ResourceInfo>;
  /** Monotonic time of the answer. */
  readAt: number;
}

/**
 * Knows kinds by group version, each asked for when it is first needed. Servers that serve aggregated discovery
 * (1.26 and later) tell everything in two answers; older ones are asked group version by group version.
 */
export class Discovery implements KubeDiscovery {
  private groupVersions = new Map<string, GroupVersion>();
  private underway = new Map<string, Promise<GroupVersion>>();
  private prefetch: Promise<void> | undefined;
  private version: string | undefined;

  constructor(
    private readonly transport: KubeTransport,
    private readonly clock: Clock,
  ) {}

  async resource(type: TypeRef, options: RequestOptions = {}): Promise<ResourceInfo> {
    const known = this.groupVersions.get(type.apiVersion)?.kinds.get(type.kind);
    if (known) return known;
    this.prefetch ??= this.readAll();
    await abortable(this.prefetch, options.signal);
    const found = this.groupVersions.get(type.apiVersion)?.kinds.get(type.kind);
    if (found) return found;
    const groupVersion = await abortable(this.refresh(type.apiVersion), options.signal);
    const refreshed = groupVersion.kinds.get(type.kind);
    if (!refreshed) throw new NoKindMatchError({ apiVersion: type.apiVersion, kind: type.kind });
    return refreshed;
  }

  invalidate(): void {
    this.groupVersions = new Map();
    this.underway = new Map();
    this.prefetch = undefined;
    this.version = undefined;
  }

  /** Forget one group version: a path of it turned out not to exist. */
  forget(apiVersion: string): void {
    this.groupVersions.delete(apiVersion);
    this.underway.delete(apiVersion);
  }

  async serverVersion(options: RequestOptions = {}): Promise<string> {
    this.version ??=
      ((await this.get('/version', options.signal)) as { gitVersion?: string }).gitVersion ?? '';
    return this.version;
  }

  /** One answer for all kinds where the server can give it; an old server says so and costs one small request. */
  private async readAll(): Promise<void> {
    const target = this.groupVersions;
    try {
      for (const path of ['/apis', '/api']) {
        const answer = await this.transport.send({
          method: 'GET',
          path,
          headers: { accept: aggregatedAccept },
        });
        if (answer.code !== 200 || !isAggregated(answer.contentType)) return;
        const readAt = this.clock.monotonic();
        for (const [apiVersion, kinds] of readAggregated(parseJson(answer.text)))
          target.set(apiVersion, { kinds, readAt });
      }
    } catch (error) {
      if (this.groupVersions === target) this.prefetch = undefined;
      throw error;
    }
  }

  private refresh(apiVersion: string): Promise<GroupVersion> {
    const cached = this.groupVersions.get(apiVersion);
    if (cached && this.clock.monotonic() - cached.readAt < missIntervalMs) return Promise.resolve(cached);
    const running = this.underway.get(apiVersion);
    if (running) return running;
    const { groupVersions, underway } = this;
    const request = this.readGroupVersion(apiVersion).then((kinds) => {
      const read = { kinds, readAt: this.clock.monotonic() };
      groupVersions.set(apiVersion, read);
      return read;
    });
    underway.set(apiVersion, request);
    const done = (): void => {
      if (underway.get(apiVersion) === request) underway.delete(apiVersion);
    };
    request.then(done, done);
    return request;
  }

  private async readGroupVersion(apiVersion: string): Promise<ReadonlyMap<string, ResourceInfo>> {
    const path = groupVersionPath(apiVersion);
    const answer = await this.transport.send({ method: 'GET', path });
    if (answer.code === 404) return new Map();
    if (answer.code !== 200) throw errorOfAnswer(answer);
    return readResourceList(apiVersion, parseJson(answer.text));
  }

  private async get(path: string, signal: AbortSignal | undefined): Promise<unknown> {
    const answer = await this.transport.send({ method: 'GET', path, ...(signal ? { signal } : {}) });
    if (answer.code !== 200) throw errorOfAnswer(answer);
    return parseJson(answer.text);
  }
}
