import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import { EnvHttpProxyAgent, ProxyAgent, request, type Dispatcher } from 'undici';
import type { ProxyEnvironment } from './proxy-environment.js';

export interface GitHubAnswer {
  status: number;
  /** Empty when the answer is no JSON object. */
  body: Readonly<Record<string, unknown>>;
}

export interface GitHubCall {
  method: 'GET' | 'POST';
  jwt: string;
  /** PEM certificates to trust in addition. */
  ca?: string;
  /** Address of a proxy, with user information. */
  proxy?: string;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Asks GitHub's REST interface. @throws when there is no answer */
export type GitHubApi = (url: string, call: GitHubCall) => Promise<GitHubAnswer>;

const maxAnswerBytes = 1024 * 1024;

/** Calls are rare (one an hour for an installation): each has a connection of its own. */
export function createGitHubApi(
  withCa: (ca: string) => Promise<string>,
  environment: ProxyEnvironment = {},
): GitHubApi {
  return async (url, call) => {
    const dispatcher = dispatcherFor(call, call.ca ? await withCa(call.ca) : undefined, environment);
    try {
      const answer = await request(url, {
        method: call.method,
        dispatcher,
        signal: timeoutSignal(call.timeoutMs, call.signal),
        headers: {
          accept: 'application/vnd.github+json',
          authorization: `Bearer ${call.jwt}`,
          'user-agent': 'flotilla-agent',
          'x-github-api-version': '2022-11-28',
        },
      });
      return { status: answer.statusCode, body: await readBody(answer.body) };
    } catch (error) {
      throw new Error(`no answer from ${new URL(url).origin}: ${textOf(error)}`, { cause: error });
    } finally {
      await dispatcher.destroy();
    }
  };
}

function dispatcherFor(
  { proxy }: GitHubCall,
  ca: string | undefined,
  { httpProxy = '', httpsProxy = '', noProxy = '' }: ProxyEnvironment,
): Dispatcher {
  const tls = ca ? { ca } : {};
  if (!proxy) return new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy, connect: tls, requestTls: tls });
  const { username, password, origin } = new URL(proxy);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return new ProxyAgent({
    uri: origin,
    requestTls: tls,
    proxyTls: tls,
    ...(username ? { token: `Basic ${Buffer.from(user).toString('base64')}` } : {}),
  });
}

async function readBody(body: AsyncIterable<Buffer>): Promise<GitHubAnswer['body']> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error(`the answer is larger than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
