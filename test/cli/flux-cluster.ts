// A real cluster with Flux objects that the real agent reconciles from a real Git server.
import { join } from 'node:path';
import type { ControlPlane } from '../servers/control-plane.js';
import { startControlPlane } from '../servers/control-plane.js';
import type { FlotillaAgent } from '../servers/flotilla-agent.js';
import { flotillaCrds, startFlotillaAgent } from '../servers/flotilla-agent.js';
import type { GitServer } from '../servers/git-server.js';
import { startGitServer } from '../servers/git-server.js';
import type { Kubectl } from '../servers/kubectl.js';
import { kubectlFor } from '../servers/kubectl.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';

export interface FluxCluster {
  readonly plane: ControlPlane;
  readonly kubectl: Kubectl;
  readonly repository: Awaited<ReturnType<GitServer['createRepository']>>;
  /** A folder for files of the test. */
  readonly folder: string;
  startAgent(args?: readonly string[]): Promise<FlotillaAgent>;
  stopAgent(): Promise<void>;
  /** Waits until the Kustomization `root` and the one below it are ready at this commit. */
  ready(commit: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the cluster with the CRDs, and the repository; without an agent and without objects. */
export async function startFluxCluster(): Promise<FluxCluster> {
  const folder = temporaryFolder('cli');
  const [plane, git] = await Promise.all([startControlPlane({ controllerManager: false }), startGitServer()]);
  const kubectl = await kubectlFor(plane);
  let agent: FlotillaAgent | undefined;
  await kubectl.apply(await flotillaCrds());
  await kubectl.run(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await kubectl.run(['create', 'namespace', 'flux-system']);
  const repository = await git.createRepository('fleet');
  const isReady = async (name: string, commit: string) => {
    const object = await kubectl.get<Applied>('kustomization', name, '-n', 'flux-system');
    const ready = object.status?.conditions?.find(({ type }) => type === 'Ready');
    return object.status?.lastAppliedRevision === `main@sha1:${commit}` && ready?.status === 'True';
  };
  return {
    plane,
    kubectl,
    repository,
    folder: folder.path,
    async startAgent(args = []) {
      agent = await startFlotillaAgent({
        kubeconfig: plane.kubeconfig,
        storagePath: join(folder.path, 'storage'),
        log: join(folder.path, 'agent.log'),
        args,
      });
      return agent;
    },
    stopAgent: async () => agent?.stop(),
    async ready(commit) {
      for (const name of ['root', 'app'])
        await waitFor(`Kustomization ${name} to be ready at ${commit}`, () => isReady(name, commit));
    },
    async stop() {
      await agent?.stop();
      await git.stop();
      await plane.stop();
      folder.remove();
    },
  };
}

interface Applied {
  readonly status?: {
    readonly lastAppliedRevision?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The source and the root, as somebody applies them by hand. */
export function rootManifests(url: string): string {
  return `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: flux-system, labels: {team: platform}}
spec: {interval: 1h, url: "${url}", ref: {branch: main}}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: root, namespace: flux-system, labels: {team: platform}}
spec: {interval: 1h, path: ./root, prune: true, sourceRef: {kind: GitRepository, name: fleet}}
`;
}

/** Files of the repository: the root has a Namespace and a Kustomization, and that one a ConfigMap. */
export function repositoryFiles(value: string): Record<string, string> {
  return {
    'root/namespace.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
    'root/app.yaml': `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app, namespace: flux-system}
spec: {interval: 1h, path: ./app, prune: true, sourceRef: {kind: GitRepository, name: fleet}}
`,
    'app/config.yaml': `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {value: "${value}"}
`,
  };
}
