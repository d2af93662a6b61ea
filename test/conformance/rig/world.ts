// One row's piece of the world: a namespace, a repository, a source, and the object that the row is about.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition } from '@flotilla/common/kube/condition';
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import type { KubeRequester } from '../../servers/kube-request.js';
import type { FileChanges, GitRepository } from '../../servers/git-repository.js';
import { kubectlFor } from '../../servers/kubectl.js';
import { waitFor } from '../../servers/wait-for.js';
import type { ConformanceRig } from './conformance-agent.js';
import { type Names, withNames } from './names.js';
import { mergeAs, parseRef, pathOf, readObject } from './objects.js';
import type { Fields, Files, Given } from './scenario-row.js';

export type Repository = GitRepository & { readonly url: string };

const sourceType = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' };
const kustomizationType = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };

let sequence = 0;

export class World {
  readonly source: ObjectRef;
  /** Commit that the source looked at last. */
  commit = '';
  #requests = 0;
  #more: Names = {};

  private constructor(
    readonly rig: ConformanceRig,
    readonly namespace: string,
    readonly repository: Repository,
    readonly subject: ObjectRef,
  ) {
    this.source = { ...sourceType, namespace, name: 'fleet' };
  }

  static async create(rig: ConformanceRig, given: Given): Promise<World> {
    const namespace = await rig.cluster.createNamespace('row');
    const repository = await rig.git.createRepository(`row-${(sequence += 1)}`);
    const subject =
      given.subject === 'GitRepository'
        ? { ...sourceType, namespace, name: 'fleet' }
        : { ...kustomizationType, namespace, name: 'apps' };
    return new World(rig, namespace, repository, subject);
  }

  get kube(): KubeRequester {
    return this.rig.cluster.kube;
  }

  get names(): Names {
    const { url } = this.repository;
    const { commit } = this;
    return {
      ns: this.namespace,
      url,
      commit,
      short: commit.slice(0, 8),
      revision: `main@sha1:${commit}`,
      shard: this.rig.labels['conformance']!,
      ...this.#more,
    };
  }

  /** Names that only this row knows. */
  addNames(names: Names): void {
    this.#more = { ...this.#more, ...names };
  }

  /** With the names of this row put in. */
  filled<T>(value: T): T {
    return withNames(value, this.names);
  }

  async writeFiles(files: Files, message?: string): Promise<string> {
    const texts: Record<string, string | null> = {};
    for (const [name, content] of Object.entries(files)) {
      texts[name] = content === null ? null : textOf(content, (value) => this.filled(value));
    }
    return (this.commit = await this.repository.commit(texts as FileChanges, message));
  }

  /** Makes the GitRepository. */
  async applySource(spec: Fields = {}, metadata: Fields = {}): Promise<void> {
    const fields = { interval: '1h', url: '<url>', ref: { branch: 'main' }, ...spec };
    await this.apply({ ...this.source, spec: fields, metadata });
  }

  async applyKustomization(name: string, spec: Fields = {}, metadata: Fields = {}): Promise<void> {
    const sourceRef = { kind: 'GitRepository', name: 'fleet' };
    const fields = { interval: '1h', retryInterval: '1h', prune: true, sourceRef, ...spec };
    await this.apply({ ...kustomizationType, name, spec: fields, metadata });
  }

  /** Makes one of the agent's own kinds, with the labels that it selects by. */
  async apply(
    object: Fields & { apiVersion: string; kind: string; name: string; metadata: Fields },
  ): Promise<void> {
    const { apiVersion, kind, name, metadata, spec } = object;
    const labels = { ...this.rig.labels, ...(metadata['labels'] as object | undefined) };
    const meta = { ...metadata, name, namespace: this.namespace, labels };
    const path = pathOf({ apiVersion, kind, namespace: this.namespace, name: '' }).replace(/\/$/, '');
    // Not by server-side apply: in Kubernetes 1.20 that makes null of an empty text in a custom resource.
    await this.kube.call({
      method: 'POST',
      path: `${path}?fieldManager=person`,
      body: this.filled({ apiVersion, kind, metadata: meta, spec }),
    });
  }

  async read(ref: ObjectRef | string): Promise<KubeObject | undefined> {
    return await readObject(this.kube, typeof ref === 'string' ? this.ref(ref) : ref);
  }

  ref(text: string): ObjectRef {
    return parseRef(this.filled(text), this.namespace);
  }

  async edit(ref: ObjectRef | string, body: Fields, manager = 'kubectl-edit'): Promise<void> {
    await mergeAs(this.kube, manager, typeof ref === 'string' ? this.ref(ref) : ref, this.filled(body));
  }

  /** Asks one of the agent's objects for a reconcile, and waits for the answer. */
  async request(ref: ObjectRef = this.subject): Promise<KubeObject> {
    const value = `request-${(this.#requests += 1)}`;
    const annotations = { 'reconcile.fluxcd.io/requestedAt': value };
    await mergeAs(this.kube, 'person', ref, { metadata: { annotations } });
    return await waitFor(
      `${ref.kind} ${ref.name} to handle a request`,
      async () => {
        const object = await this.read(ref);
        const status = object?.status as Fields | undefined;
        return status?.['lastHandledReconcileAt'] === value && !isAtWork(object) && object;
      },
      { timeoutMs: 60_000 },
    );
  }

  /** Waits until an object of the agent has dealt with its newest generation, well or not. */
  async settled(ref: ObjectRef = this.subject, revision?: string): Promise<KubeObject> {
    let last: KubeObject | undefined;
    try {
      return await waitFor(
        `${ref.kind} ${ref.name} to settle`,
        async () => {
          last = await this.read(ref);
          return isSettled(last, revision) && last;
        },
        { timeoutMs: 60_000 },
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${JSON.stringify(last?.status)}`, { cause: error });
    }
  }

  /** Applies manifests as a person does at a terminal; gives what kubectl says. */
  async kubectl(manifests: string, how: 'client' | 'server' = 'client'): Promise<string> {
    const kubectl = await kubectlFor(this.rig.cluster);
    const args = how === 'server' ? ['--server-side'] : [];
    return await kubectl.run(['apply', ...args, '-f', '-'], this.filled(manifests));
  }

  /** Waits until the cluster shows what the agent could have done wrong. */
  async pause(ms: number): Promise<void> {
    await sleep(ms);
  }
}

function textOf(content: NonNullable<Files[string]>, fill: <T>(value: T) => T): string {
  if (typeof content === 'string') return fill(content);
  const objects = 'kind' in content ? [content] : content;
  return objects.map((object) => `${JSON.stringify(fill(object), null, 2)}\n`).join('---\n');
}

export function conditionOf(object: KubeObject | undefined, type: string): Condition | undefined {
  const status = object?.status as { conditions?: Condition[] } | undefined;
  return status?.conditions?.find((condition) => condition.type === type);
}

function isAtWork(object: KubeObject | undefined): boolean {
  return conditionOf(object, 'Reconciling')?.reason === 'Progressing';
}

function isSettled(object: KubeObject | undefined, revision: string | undefined): boolean {
  const ready = conditionOf(object, 'Ready');
  if (!object || !ready || ready.status === 'Unknown' || isAtWork(object)) return false;
  if (ready.observedGeneration !== object.metadata.generation) return false;
  if (revision === undefined || ready.status === 'False') return true;
  const status = object.status as { lastAttemptedRevision?: string; artifact?: { revision: string } };
  return (status.lastAttemptedRevision ?? status.artifact?.revision) === revision;
}
