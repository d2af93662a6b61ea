import type { Dispatcher } from 'undici';
import { Agent, buildConnector, ProxyAgent, Socks5ProxyAgent } from 'undici';
import type { Cluster } from './cluster.js';
import type { Credential } from './credentials.js';

export interface DispatcherOptions {
  /** Connections for ordinary requests; more wait their turn. */
  connections: number;
  /** Bytes of one answer. */
  maxResponseBytes: number;
  /** Shows the certificate to use for the next connection. */
  credential: () => Credential | undefined;
}

/** Two pools to one API server: watches hold their connection for minutes and must not starve requests. */
export interface Dispatchers {
  requests: Dispatcher;
  watches: Dispatcher;
  /** Ends idle connections at once and running ones with an error. */
  destroy(): Promise<void>;
}

const connectTimeoutMs = 10_000;
/** Load balancers drop a quiet connection after a minute or more; ask earlier. */
const tcpKeepAliveMs = 30_000;
/** The API server closes an idle connection after 90 s; be first, so that no request meets a closing socket. */
const idleMs = 60_000;

/** Opens the connection pools of a cluster; nothing is dialled yet. */
export function openDispatchers(cluster: Cluster, options: DispatcherOptions): Dispatchers {
  const common = { pipelining: 1, keepAliveTimeout: idleMs, keepAliveMaxTimeout: idleMs };
  const requests = open(cluster, options, {
    ...common,
    connections: options.connections,
    maxResponseSize: options.maxResponseBytes,
  });
  const watches = open(cluster, options, { ...common, connections: null, bodyTimeout: 0, headersTimeout: 0 });
  return {
    requests,
    watches,
    async destroy() {
      await Promise.all([requests.destroy(), watches.destroy()]);
    },
  };
}

function open(cluster: Cluster, options: DispatcherOptions, pool: Agent.Options): Dispatcher {
  if (!cluster.proxyUrl) return new Agent({ ...pool, connect: connector(cluster, options) });
  if (cluster.proxyUrl.startsWith('socks')) {
    const proxy = cluster.proxyUrl.replace(/^socks5h?:/, 'socks5:');
    return new Socks5ProxyAgent(proxy, {
      ...pool,
      requestTls: tlsOptions(cluster, options.credential()),
    } as never);
  }
  return new ProxyAgent({
    ...pool,
    uri: cluster.proxyUrl,
    requestTls: tlsOptions(cluster, options.credential()),
  });
}

/** Connects with the certificate of that moment, so that a rotated one is used without a restart. */
function connector(cluster: Cluster, options: DispatcherOptions): buildConnector.connector {
  let built: { credential: Credential | undefined; connect: buildConnector.connector } | undefined;
  return (target, callback) => {
    const credential = options.credential();
    if (!built || built.credential?.cert !== credential?.cert || built.credential?.key !== credential?.key) {
      built = { credential, connect: buildConnector(tlsOptions(cluster, credential)) };
    }
    built.connect(target, callback);
  };
}

function tlsOptions(cluster: Cluster, credential: Credential | undefined): buildConnector.BuildOptions {
  const { ca, servername, insecure } = cluster.tls;
  return {
    timeout: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepAliveMs,
    ...(ca ? { ca } : {}),
    ...(servername ? { servername } : {}),
    ...(insecure ? { rejectUnauthorized: false } : {}),
    ...(credential?.cert ? { cert: credential.cert } : {}),
    ...(credential?.key ? { key: credential.key } : {}),
  } as buildConnector.BuildOptions;
}
