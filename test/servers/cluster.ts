// What a test can do with a control plane that runs, whoever started it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writeKubeconfig } from './kubeconfig.js';
import { kubeRequester } from './kube-request.js';
import type { KubeAccess, KubeRequester } from './kube-request.js';

/** All that has to be known of a control plane to use it; can be sent to another process. */
export interface ClusterFacts {
  readonly name: string;
  /** The control plane's folder; kubeconfigs are written into it. */
  readonly folder: string;
  /** The administrator's. */
  readonly access: KubeAccess;
  /** Static users: name -> token. */
  readonly tokens: Readonly<Record<string, string>>;
}

export interface Cluster {
  readonly facts: ClusterFacts;
  readonly name: string;
  readonly url: string;
  /** Base64 of the PEM bundle that verifies the API server. */
  readonly caData: string;
  /** A token in the group `system:masters`. */
  readonly adminToken: string;
  /** Path of a kubeconfig with the admin token. */
  readonly kubeconfig: string;
  /** JSON requests as the administrator. */
  readonly kube: KubeRequester;
  /** The static token of one of the `users` that the control plane was started with. */
  tokenOf(user: string): string;
  /** Writes a kubeconfig for one of the `users`, or for any token (a service account's, say); returns its path. */
  kubeconfigFor(who: { readonly user: string } | { readonly token: string }): string;
  /** Asks the API server for a service account's token (the account must exist). */
  serviceAccountToken(namespace: string, name: string, audiences?: readonly string[]): Promise<string>;
  /** Makes a namespace that no other test has; returns its name. */
  createNamespace(prefix?: string): Promise<string>;
}

/** Opens a running control plane. */
export function openCluster(facts: ClusterFacts, kube: KubeRequester = kubeRequester(facts.access)): Cluster {
  const { name, folder, access, tokens } = facts;
  const unique = () => randomBytes(4).toString('hex');
  const write = (token: string) =>
    writeKubeconfig(join(folder, `${unique()}.kubeconfig`), { ...access, token }, name);
  const tokenOf = (user: string) => {
    const token = tokens[user];
    if (token === undefined) throw new Error(`control plane ${name} has no static user ${user}`);
    return token;
  };
  return {
    facts,
    name,
    url: access.url,
    caData: access.caData,
    adminToken: access.token,
    kubeconfig: write(access.token),
    kube,
    tokenOf,
    kubeconfigFor: (who) => write('token' in who ? who.token : tokenOf(who.user)),
    async serviceAccountToken(namespace, account, audiences = []) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } };
      const answer = await kube.call<{ status: { token: string } }>({ method: 'POST', path, body });
      return answer.status.token;
    },
    async createNamespace(prefix = 'test') {
      const namespace = `${prefix}-${unique()}`;
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
      await kube.call({ method: 'POST', path: '/api/v1/namespaces', body });
      return namespace;
    },
  };
}
