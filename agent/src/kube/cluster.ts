import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Clock } from '../runtime/clock.js';
import { systemClock } from '../runtime/clock.js';
import type { Credential, Credentials } from './credentials.js';
import { fixedCredentials, pluginCredentials, reloadedCredentials, tokenFromFile } from './credentials.js';
import type { KubeconfigContext, KubeconfigUser } from './kubeconfig.js';
import { readContext } from './kubeconfig.js';

/** Where an API server is and how to prove who we are. */
export interface Cluster {
  /** URL of the API server, without a final slash. */
  server: string;
  /** Namespace of the context or of the Pod. */
  namespace?: string;
  tls: { ca?: string; servername?: string; insecure?: boolean };
  proxyUrl?: string;
  credentials: Credentials;
  /** Impersonation that the kubeconfig itself asks for. */
  headers: Readonly<Record<string, string | string[]>>;
}

export interface LoadClusterOptions {
  /** `--kubeconfig`; default: KUBECONFIG, in cluster, `~/.kube/config`. */
  kubeconfig?: string;
  context?: string;
  env?: Readonly<Record<string, string | undefined>>;
  clock?: Clock;
  /** Folder of the ServiceAccount's files. */
  serviceAccountRoot?: string;
}

const defaultServiceAccountRoot = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Finds the cluster: `--kubeconfig`, KUBECONFIG, the Pod's ServiceAccount, `~/.kube/config`. @throws Error with the remedy */
export async function loadCluster(options: LoadClusterOptions = {}): Promise<Cluster> {
  const env = options.env ?? process.env;
  const clock = options.clock ?? systemClock;
  const root = options.serviceAccountRoot ?? defaultServiceAccountRoot;
  if (options.kubeconfig) return fromFiles([options.kubeconfig], options.context, clock);
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0)
    return fromFiles(
      listed.filter((path) => listed.length === 1 || existsSync(path)),
      options.context,
      clock,
    );
  if (env['KUBERNETES_SERVICE_HOST'] && existsSync(join(root, 'token')))
    return fromServiceAccount(env, root, clock);
  const home = join(env['HOME'] ?? homedir(), '.kube', 'config');
  if (existsSync(home)) return fromFiles([home], options.context, clock);
  throw new Error(
    'no cluster found: pass --kubeconfig, set KUBECONFIG, or run inside a cluster with a ServiceAccount',
  );
}

export interface RemoteKubeconfigOptions {
  /** Run exec plug-ins and auth providers (`--insecure-kubeconfig-exec`). Default: they are dropped. */
  allowExec?: boolean;
  /** Honour insecure-skip-tls-verify (`--insecure-kubeconfig-tls`). Default: it is dropped. */
  allowInsecureTls?: boolean;
  context?: string;
}

/**
 * The cluster of a kubeconfig that came from a Secret (flux-compat 3.10). It has to be self-contained: references to
 * files would read the agent's own files and send them to an address that a tenant chose, so they are refused.
 */
export async function clusterFromKubeconfig(
  text: string,
  options: RemoteKubeconfigOptions = {},
): Promise<Cluster> {
  const context = readContext([{ text, origin: 'kubeconfig' }], options.context);
  refuseFileReferences(context);
  if (!options.allowInsecureTls) delete context.cluster['insecure-skip-tls-verify'];
  if (!options.allowExec) dropPlugins(context);
  return clusterOf(context, systemClock);
}

async function fromFiles(
  paths: readonly string[],
  context: string | undefined,
  clock: Clock,
): Promise<Cluster> {
  const files = await Promise.all(
    paths.map(async (path) => ({
      text: await readFile(path, 'utf8').catch((error: unknown) => {
        throw new Error(`kubeconfig ${path} cannot be read: ${(error as Error).message}`, { cause: error });
      }),
      origin: path,
      resolvePath: (reference: string) => resolve(dirname(path), reference),
    })),
  );
  if (files.length === 0) throw new Error('KUBECONFIG names no file that exists');
  return clusterOf(readContext(files, context), clock);
}

async function fromServiceAccount(
  env: LoadClusterOptions['env'],
  root: string,
  clock: Clock,
): Promise<Cluster> {
  const host = env?.['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env?.['KUBERNETES_SERVICE_PORT'] ?? '443';
  const namespace = await readFile(join(root, 'namespace'), 'utf8').catch(() => '');
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    ...(namespace.trim() ? { namespace: namespace.trim() } : {}),
    tls: { ca: await readFile(join(root, 'ca.crt'), 'utf8') },
    credentials: reloadedCredentials(async () => bearer(await tokenFromFile(join(root, 'token'))), clock),
    headers: {},
  };
}

async function clusterOf(context: KubeconfigContext, clock: Clock): Promise<Cluster> {
  const { cluster, user } = context;
  const ca = await dataOrFile(cluster['certificate-authority-data'], cluster['certificate-authority']);
  return {
    server: checkedServer(cluster.server),
    ...(context.namespace ? { namespace: context.namespace } : {}),
    tls: {
      ...(ca ? { ca } : {}),
      ...(cluster['tls-server-name'] ? { servername: cluster['tls-server-name'] } : {}),
      ...(cluster['insecure-skip-tls-verify'] ? { insecure: true } : {}),
    },
    ...(cluster['proxy-url'] ? { proxyUrl: cluster['proxy-url'] } : {}),
    credentials: await credentialsOf(context, clock),
    headers: impersonationOf(user),
  };
}

async function credentialsOf(context: KubeconfigContext, clock: Clock): Promise<Credentials> {
  const { user } = context;
  if (user.exec || user['auth-provider']) {
    return pluginCredentials({
      name: context.userName,
      exec: user.exec,
      authProvider: user['auth-provider'],
    });
  }
  if (!user.tokenFile && !user['client-certificate']) return fixedCredentials(await readUser(user));
  const credentials = reloadedCredentials(() => readUser(user), clock);
  await credentials.read();
  return credentials;
}

async function readUser(user: KubeconfigUser): Promise<Credential> {
  const cert = await dataOrFile(user['client-certificate-data'], user['client-certificate']);
  const key = await dataOrFile(user['client-key-data'], user['client-key']);
  const token = user.tokenFile ? await tokenFromFile(user.tokenFile) : user.token?.trim();
  const basic = user.username
    ? `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`
    : '';
  const headers = token ? bearer(token).headers : basic ? { authorization: basic } : {};
  return { headers, ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

function bearer(token: string): Credential {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function dataOrFile(data: string | undefined, path: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return path ? readFile(path, 'utf8') : undefined;
}

function impersonationOf(user: KubeconfigUser): Record<string, string | string[]> {
  return {
    ...(user.as ? { 'impersonate-user': user.as } : {}),
    ...(user['as-uid'] ? { 'impersonate-uid': user['as-uid'] } : {}),
    ...(user['as-groups']?.length ? { 'impersonate-group': user['as-groups'] } : {}),
  };
}

function checkedServer(server: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Error(
      `kubeconfig: clusters.cluster.server is not a URL of an API server: ${JSON.stringify(server)}`,
    );
  }
  return server.replace(/\/+$/, '');
}

/** Drops what would run a program. A user that is nothing else could only be refused by the server, without saying why. */
function dropPlugins(context: KubeconfigContext): void {
  const { exec, 'auth-provider': provider, ...rest } = context.user;
  if ((exec || provider) && !rest.token && !rest.username && !rest['client-certificate-data']) {
    const field = exec ? 'exec' : 'auth-provider';
    throw new Error(
      `kubeconfig: user "${context.userName}" gets its credential from ${field}, which is not allowed here: ` +
        'use a token or a client certificate, or start the agent with --insecure-kubeconfig-exec',
    );
  }
  context.user = rest;
}

function refuseFileReferences(context: KubeconfigContext): void {
  const { cluster, user } = context;
  const fields: ReadonlyArray<[string, string | undefined, string]> = [
    ['certificate-authority', cluster['certificate-authority'], 'certificate-authority-data'],
    ['client-certificate', user['client-certificate'], 'client-certificate-data'],
    ['client-key', user['client-key'], 'client-key-data'],
    ['tokenFile', user.tokenFile, 'token'],
  ];
  for (const [field, value, remedy] of fields) {
    if (value)
      throw new Error(`kubeconfig: ${field} refers to a file, which is not allowed here: use ${remedy}`);
  }
}
