import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  text: string;
}

/** Sends one request to a service of a cloud. */
export type SendHttp = (request: HttpRequest) => Promise<HttpAnswer>;

const timeoutMs = 15_000;
const maxBytes = 256 * 1024;
/** Key services are on the internet, and clusters often behind a proxy: HTTPS_PROXY and NO_PROXY hold here. */
let dispatcher: Dispatcher | undefined;

/** The real SendHttp: without redirects, with limits in time and bytes. @throws Error that names the host alone */
export const sendHttp: SendHttp = async ({ method, url, headers, body, signal }) => {
  const limited = timeoutSignal(timeoutMs, signal);
  dispatcher ??= new EnvHttpProxyAgent();
  try {
    const answer = await request(url, {
      method,
      headers: { ...headers },
      signal: limited,
      dispatcher,
      ...(body === undefined ? {} : { body }),
    });
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of answer.body) {
      bytes += (part as Buffer).length;
      if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
      parts.push(part as Buffer);
    }
    return { status: answer.statusCode, text: Buffer.concat(parts).toString('utf8') };
  } catch (error) {
    signal.throwIfAborted();
    const reason = limited.aborted ? `no answer within ${timeoutMs / 1000}s` : (error as Error).message;
    throw new Error(`request to ${hostOf(url)} failed: ${reason}`, { cause: error });
  }
};

/** The fields of a JSON answer. @throws Error with the status and the message of the service, which holds no secret */
export function fieldsOf(answer: HttpAnswer, what: string): Record<string, unknown> {
  const fields = parse(answer.text);
  if (answer.status >= 200 && answer.status < 300 && fields) return fields;
  const said = fields ? saidIn(fields) : '';
  throw new Error(`${what} failed: status ${answer.status}${said === '' ? '' : `: ${said}`}`);
}

/** A text field of an answer. @throws Error when it is missing */
export function textField(fields: Readonly<Record<string, unknown>>, name: string, what: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${what} failed: the answer has no ${name}`);
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const maxSaid = 300;

/** Services put their message into different fields. */
function saidIn(fields: Record<string, unknown>): string {
  const { errors, error, message, Message, __type, error_description } = fields;
  const nested =
    typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : error;
  const list = Array.isArray(errors) ? errors.join('; ') : undefined;
  const parts = [list, __type, nested, error_description, message, Message];
  return parts
    .filter((part): part is string => typeof part === 'string' && part !== '')
    .join(': ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, maxSaid);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is no URL';
}
