// An HTTP proxy that can stop a chosen request, before the server has seen it or before the client has its answer:
// the moment between the two is when a process is killed. It can answer in the server's place, too.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { waitFor } from '../servers/wait-for.js';

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

/** `request`: the server never sees it. `answer`: the server has done it, and the client never learns. */
export type Side = 'request' | 'answer';

export interface Held {
  /** Resolves when a request is held. */
  readonly reached: Promise<SeenRequest>;
  /** Breaks the connections that are held, and holds no more. */
  release(): void;
  /** Lets what is held go on as if nothing had happened, and holds no more. */
  pass(): void;
}

/** What a server says that cannot or does not want to. */
export interface Refusal {
  readonly status: number;
  /** Seconds. */
  readonly retryAfter?: number;
  readonly message?: string;
}

export interface Refusals {
  /** Resolves when so many requests were refused. */
  count(atLeast: number): Promise<void>;
  /** From now on the server answers again. */
  end(): void;
}

/** An answer that has passed. */
export interface SeenAnswer {
  readonly path: string;
  readonly status: number;
}

export interface RequestGate {
  readonly url: string;
  /** Holds every request that matches, until released. */
  hold(side: Side, matches: (request: SeenRequest) => boolean): Held;
  /** Answers every request that matches with an error that the server never hears of. */
  refuse(refusal: Refusal, matches: (request: SeenRequest) => boolean): Refusals;
  /** Every answer that the server has begun, in order. */
  readonly answers: readonly SeenAnswer[];
  stop(): Promise<void>;
}

interface Hold {
  readonly side: Side;
  readonly matches: (request: SeenRequest) => boolean;
  readonly held: Stopped[];
  readonly reach: (request: SeenRequest) => void;
}

interface Stopped {
  readonly response: ServerResponse;
  readonly goOn: () => void;
}

interface Rule {
  readonly refusal: Refusal;
  readonly matches: (request: SeenRequest) => boolean;
  count: number;
}

/** Starts a gate in front of a server; `caData` is the base64 of the certificate bundle of an https target. */
export async function startRequestGate(target: URL, caData?: string): Promise<RequestGate> {
  let current: Hold | undefined;
  const rules = new Set<Rule>();
  const answers: SeenAnswer[] = [];
  const agent =
    target.protocol === 'https:'
      ? new Agent({ keepAlive: true, ca: Buffer.from(caData ?? '', 'base64') })
      : undefined;
  const server = createServer({ requestTimeout: 0 }, (incoming, response) => {
    void pass(incoming, response).catch(() => response.destroy());
  });

  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(incoming);
    const seen = { method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString('utf8') };
    const rule = [...rules].find(({ matches }) => matches(seen));
    if (rule) return refuse(rule, response);
    const hold = current?.matches(seen) ? current : undefined;
    const forward = (onAnswer: (answer: IncomingMessage) => void): void =>
      send(incoming, body, response, onAnswer);
    if (hold?.side === 'request') return keep(hold, seen, response, () => forward(handOn(response)));
    forward((answer) => {
      answers.push({ path: seen.path, status: answer.statusCode ?? 0 });
      if (!hold) return handOn(response)(answer);
      void readAll(answer).then((content) => {
        keep(hold, seen, response, () =>
          response.writeHead(answer.statusCode ?? 502, withoutEncoding(answer)).end(content),
        );
      });
    });
  };

  const send = (
    incoming: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    onAnswer: (answer: IncomingMessage) => void,
  ): void => {
    const request = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = { ...withoutEncoding(incoming), host: target.host, 'content-length': body.length };
    const options = { method: incoming.method, headers, ...(agent && { agent }) };
    const outgoing = request(new URL(incoming.url ?? '/', target), options, onAnswer);
    outgoing.once('error', () => response.destroy());
    response.once('close', () => outgoing.destroy());
    outgoing.end(body);
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    hold(side, matches) {
      let reach!: (request: SeenRequest) => void;
      const reached = new Promise<SeenRequest>((resolve) => (reach = resolve));
      const hold: Hold = { side, matches, held: [], reach };
      current = hold;
      const end = (withEach: (stopped: Stopped) => void): void => {
        if (current === hold) current = undefined;
        hold.held.splice(0).forEach(withEach);
      };
      return {
        reached,
        release: () => end(({ response }) => response.destroy()),
        pass: () => end(({ goOn }) => goOn()),
      };
    },
    refuse(refusal, matches) {
      const rule: Rule = { refusal, matches, count: 0 };
      rules.add(rule);
      return {
        count: async (atLeast) => {
          await waitFor(`${atLeast} refused requests`, () => rule.count >= atLeast);
        },
        end: () => void rules.delete(rule),
      };
    },
    async stop() {
      agent?.destroy();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function keep(hold: Hold, seen: SeenRequest, response: ServerResponse, goOn: () => void): void {
  hold.held.push({ response, goOn });
  hold.reach(seen);
}

function handOn(response: ServerResponse): (answer: IncomingMessage) => void {
  return (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.once('error', () => response.destroy());
    answer.pipe(response);
  };
}

/** As kube-apiserver words it. */
function refuse(rule: Rule, response: ServerResponse): void {
  rule.count += 1;
  const { status, retryAfter, message = 'the gate of the test refuses' } = rule.refusal;
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: status };
  response
    .writeHead(status, {
      'content-type': 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    })
    .end(JSON.stringify(body));
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function withoutEncoding({ headers }: IncomingMessage): IncomingMessage['headers'] {
  const { 'transfer-encoding': _encoding, ...kept } = headers;
  return kept;
}
