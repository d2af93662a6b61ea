// What the GitRepository specs share: Git servers, an agent in a namespace of its own, and short words for what they do.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { gitRepositoryType } from '@flotilla/agent/sources/git/index';
import type { GitRepository, GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { Condition } from '@flotilla/common/kube/condition';
import type { GitRepository as WorkingCopy } from '../servers/git-repository.js';
import { startGitServer, type GitServer } from '../servers/git-server.js';
import { sharedControlPlane } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { startGitAgent, type GitAgent, type RecordedEvent } from './git-agent.js';

export type Remote = WorkingCopy & { readonly url: string };
export type Spec = Partial<GitRepositorySpec> & Pick<GitRepositorySpec, 'url'>;

export interface GitScenario {
  readonly namespace: string;
  readonly server: GitServer;
  /** Wants the user `robot` with the password `s3cret-p@ss`. */
  readonly locked: GitServer;
  readonly agent: GitAgent;
  /** Starts another agent on the same namespace and storage. */
  startSecondAgent(): Promise<GitAgent>;
  repository(on?: GitServer): Promise<Remote>;
  /** Makes a GitRepository with an interval of an hour unless the spec says otherwise; returns its name. */
  create(spec: Spec): Promise<string>;
  apply(name: string, spec: Spec): Promise<void>;
  remove(name: string): Promise<void>;
  exists(name: string): Promise<boolean>;
  get(name: string): Promise<GitRepository>;
  applySecret(name: string, data: Record<string, string>): Promise<void>;
  eventsOf(name: string): RecordedEvent[];
  /** Waits until the object is through with its newest generation, and well. */
  ready(name: string, revision?: string): Promise<GitRepository>;
  failing(name: string, reason: string): Promise<GitRepository>;
  /** Asks for a reconcile by annotation; returns the value. */
  request(name: string): Promise<string>;
  /** The same, and waits for the answer. */
  reconciled(name: string): Promise<GitRepository>;
  /** Files of the object's artifact. */
  filesOf(object: GitRepository): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startGitScenario(): Promise<GitScenario> {
  const cluster = await sharedControlPlane();
  const namespace = await cluster.createNamespace('git');
  const server = await startGitServer();
  const locked = await startGitServer({ auth: { username: 'robot', password: 's3cret-p@ss' } });
  const agent = await startGitAgent(cluster, namespace);
  let sequence = 0;
  const next = (prefix: string): string => `${prefix}-${(sequence += 1)}`;
  const refOf = (name: string) => ({ ...gitRepositoryType, namespace, name });

  const scenario: GitScenario = {
    namespace,
    server,
    locked,
    agent,
    startSecondAgent: () => startGitAgent(cluster, namespace, { storagePath: agent.storagePath }),
    repository: (on = server) => on.createRepository(next('repo')),
    async create(spec) {
      const name = next('source');
      await scenario.apply(name, spec);
      return name;
    },
    async apply(name, spec) {
      const object = {
        ...gitRepositoryType,
        metadata: { namespace, name },
        spec: { interval: '1h', ...spec },
      };
      await agent.client.apply(object, { fieldManager: 'user', force: true });
    },
    async remove(name) {
      await agent.client.delete(refOf(name));
    },
    exists: async (name) => (await agent.client.get(refOf(name))) !== undefined,
    async get(name) {
      const object = await agent.client.get(refOf(name));
      if (!object) throw new Error(`GitRepository ${name} is gone`);
      return object as GitRepository;
    },
    async applySecret(name, stringData) {
      const object = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData };
      await agent.client.apply(object, { fieldManager: 'user', force: true });
    },
    eventsOf: (name) => agent.events.filter(({ object }) => object === `GitRepository/${namespace}/${name}`),
    ready: (name, revision) =>
      waitFor(`${name} to be ready`, async () => {
        const object = await scenario.get(name);
        const settled = object.status?.observedGeneration === object.metadata.generation;
        const done =
          settled && !condition(object, 'Reconciling') && condition(object, 'Ready')?.status === 'True';
        return done && (revision === undefined || object.status?.artifact?.revision === revision) && object;
      }),
    failing: (name, reason) =>
      waitFor(`${name} to fail with ${reason}`, async () => {
        const object = await scenario.get(name);
        const found = condition(object, 'Ready');
        return found?.status === 'False' && found.reason === reason && object;
      }),
    async request(name) {
      const value = next('request');
      const body = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': value } } };
      await agent.client.patch(refOf(name), { type: 'merge', body });
      return value;
    },
    async reconciled(name) {
      const value = await scenario.request(name);
      return waitFor(`${name} to handle a request`, async () => {
        const object = await scenario.get(name);
        return object.status?.lastHandledReconcileAt === value && object;
      });
    },
    async filesOf(object) {
      const tree = await agent.artifacts.openTree(object.status!.artifact!);
      const entries = await readdir(tree!.root, { recursive: true, withFileTypes: true });
      await tree!.release();
      const files = entries.filter((entry) => entry.isFile());
      const names = files.map((entry) => path.relative(tree!.root, path.join(entry.parentPath, entry.name)));
      return names.toSorted((a, b) => (a < b ? -1 : 1));
    },
    async stop() {
      await agent.stop();
      await Promise.all([server.stop(), locked.stop()]);
    },
  };
  return scenario;
}

/** Events come after the status that tells the same: for `expect.poll`. */
export const soon = { timeout: 10_000, interval: 20 };

export function condition(object: GitRepository, type: string): Condition | undefined {
  return object.status?.conditions?.find((entry) => entry.type === type);
}
