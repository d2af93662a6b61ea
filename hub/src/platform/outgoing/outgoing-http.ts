import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import { lookup } from 'node:dns/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { HUB_CONFIG } from '../config/hub-config.js';
import type { HubConfig } from '../config/hub-flags.js';
import { Turnstile } from '../turnstile.js';
import { isAllowedHost, isRefusedAddress } from './address-policy.js';
import { guardedDispatcher } from './guarded-dispatcher.js';
import { OutgoingError, quoted } from './outgoing-error.js';

/** One question to a server that a document names. */
export interface OutgoingQuestion {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** What no message may show, whatever the server says. */
  readonly secrets?: readonly (string | undefined)[];
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const deadlineMs = 10_000;
const mostBytes = 1024 * 1024;
const atOnce = 32;
const mostRedirects = 3;

/**
 * The hub's way to servers that documents name: never to addresses of machines and clouds themselves, only to the
 * hosts of `--outgoing-host` where there are some, with a limit in time, bytes and number, and with no redirect to
 * another server, which would get what the first one was told.
 */
@Injectable()
export class OutgoingHttp implements OnApplicationShutdown {
  private readonly turnstile = new Turnstile(atOnce);
  private readonly dispatcher: Dispatcher = guardedDispatcher();

  constructor(@Inject(HUB_CONFIG) private readonly config: Pick<HubConfig, 'outgoingHosts'>) {}

  /** @throws OutgoingError: may not be asked, or no answer */
  async ask(question: OutgoingQuestion): Promise<OutgoingAnswer> {
    const url = this.permitted(question.url);
    const signal = timeoutSignal(deadlineMs, question.signal);
    return this.turnstile.pass(async () => {
      try {
        return await this.follow(question, url, signal);
      } catch (error) {
        throw this.explained(error, url, signal, question);
      }
    });
  }

  /** The same for an answer in JSON, whatever its status. @throws OutgoingError */
  async askJson(
    question: OutgoingQuestion,
  ): Promise<Omit<OutgoingAnswer, 'text'> & { readonly json: unknown }> {
    const { status, headers, text } = await this.ask(question);
    return { status, headers, json: parsed(text) };
  }

  /** Whether only the hosts of `--outgoing-host` may be talked to. */
  get isRestricted(): boolean {
    return this.config.outgoingHosts.length > 0;
  }

  /** An address that may be talked to. @throws OutgoingError */
  permitted(text: string): URL {
    const url = new URL(text);
    if (!isAllowedHost(this.config.outgoingHosts, url))
      throw new OutgoingError(`${url.host} is not one of the hosts of --outgoing-host`);
    const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const isLiteral = literal !== url.hostname || /^[\d.]+$/.test(literal);
    if (isLiteral && isRefusedAddress(literal))
      throw new OutgoingError(`${url.host} is an address that the hub does not talk to`);
    return url;
  }

  /** The same, after a look at where its name leads now: for programs that connect by themselves. @throws OutgoingError */
  async permittedNow(text: string): Promise<void> {
    const { hostname } = this.permitted(text);
    // A name that does not resolve here may do so at the proxy.
    const found = await lookup(hostname.replace(/^\[(.*)\]$/, '$1'), { all: true }).catch(() => []);
    if (found.some(({ address }) => isRefusedAddress(address)))
      throw new OutgoingError(`${hostname} has an address that the hub does not talk to`);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }

  private async follow(question: OutgoingQuestion, first: URL, signal: AbortSignal): Promise<OutgoingAnswer> {
    let url = first;
    for (let count = 0; count <= mostRedirects; count += 1) {
      const answer = await this.once(question, url, signal);
      const location = answer.headers['location'];
      if (answer.status < 300 || answer.status > 399 || typeof location !== 'string') return answer;
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
      if (next?.origin !== first.origin)
        throw new OutgoingError(`${first.host} redirects to another server, which the hub does not follow`);
      if (question.method !== 'GET' && answer.status !== 307 && answer.status !== 308)
        throw new OutgoingError(`${first.host} answered ${answer.status}`);
      url = next;
    }
    throw new OutgoingError(`${first.host} redirects again and again`);
  }

  private async once(
    { method, headers, body }: OutgoingQuestion,
    url: URL,
    signal: AbortSignal,
  ): Promise<OutgoingAnswer> {
    const answer = await request(url, {
      method,
      headers: { 'user-agent': 'flotilla-hub', accept: 'application/json', ...headers },
      body: body ?? null,
      dispatcher: this.dispatcher,
      signal,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBytes) throw new OutgoingError(`${url.host} answered with more than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: Buffer.concat(chunks).toString('utf8'),
    };
  }

  private explained(
    error: unknown,
    { host }: URL,
    signal: AbortSignal,
    { secrets, signal: asked }: OutgoingQuestion,
  ): OutgoingError {
    if (error instanceof OutgoingError) return error;
    if (asked.aborted) return new OutgoingError(`${host}: the question was broken off`);
    if (signal.aborted) return new OutgoingError(`${host} did not answer within ${deadlineMs / 1000} s`);
    const { message, code } = error as { readonly message?: string; readonly code?: string };
    return new OutgoingError(`${host}: ${quoted(message || code || String(error), secrets)}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
