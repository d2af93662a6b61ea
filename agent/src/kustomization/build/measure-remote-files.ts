import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import { EnvHttpProxyAgent, interceptors, request, type Dispatcher } from 'undici';
import { maskSecrets } from '../../exec/mask-secrets.js';
import { systemCertificates } from '../../runtime/system-certificates.js';
import { BuildError } from './build-error.js';
import { isWebReference, secretsOf } from './remote-reference.js';

export interface MeasureLimits {
  /** Bytes that all of them may have together. */
  maxBytes: number;
  timeoutMs: number;
  signal: AbortSignal;
  /** Proxies, as environment variables in small letters. */
  network: Readonly<Record<string, string>>;
}

/** As many as kustomize follows. */
const maxRedirections = 10;

/**
 * Looks how large the files are that kustomize will read from web servers. It reads them into its memory, where
 * nobody can watch them grow, so this has to be known before it starts. What cannot be reached is left to kustomize
 * to report. @throws BuildError that names the address and the limit
 */
export async function measureRemoteFiles(remotes: readonly string[], limits: MeasureLimits): Promise<void> {
  const files = remotes.filter(isWebReference);
  if (files.length === 0) return;
  const { http_proxy: httpProxy = '', https_proxy: httpsProxy = '', no_proxy: noProxy = '' } = limits.network;
  // kustomize trusts whom the machine trusts.
  const tls = { ca: await systemCertificates() };
  const agent = new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy, connect: tls, requestTls: tls });
  try {
    const dispatcher = agent.compose(interceptors.redirect({ maxRedirections }));
    const signal = timeoutSignal(limits.timeoutMs, limits.signal);
    let left = limits.maxBytes;
    for (const file of files) {
      left -= await sizeOf(file, { dispatcher, signal, left });
      limits.signal.throwIfAborted();
      if (signal.aborted) throw problem(file, `could not be read within ${limits.timeoutMs} ms`);
      if (left >= 0) continue;
      throw problem(file, `more than ${limits.maxBytes} bytes were fetched; --max-fetch-bytes is the limit`);
    }
  } finally {
    await agent.destroy();
  }
}

interface Reading {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  /** Reading ends beyond these bytes. */
  left: number;
}

/** Bytes of the body; 0 where kustomize would not read it either. */
async function sizeOf(address: string, { dispatcher, signal, left }: Reading): Promise<number> {
  try {
    const { url, headers } = addressOf(address);
    const { statusCode, body } = await request(url, { dispatcher, signal, headers });
    if (statusCode < 200 || statusCode > 299) {
      body.on('error', () => undefined).destroy();
      return 0;
    }
    let bytes = 0;
    for await (const part of body) {
      bytes += (part as Buffer).length;
      if (bytes > left) break;
    }
    return bytes;
  } catch {
    return 0;
  }
}

/** User and password of an address go into a header. */
function addressOf(address: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address);
  const { username, password } = url;
  if (username === '' && password === '') return { url, headers: {} };
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

function problem(address: string, what: string): BuildError {
  return new BuildError(`"${maskSecrets(address, secretsOf(address))}": ${what}`);
}
