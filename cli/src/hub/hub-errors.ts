import type { ExitCode } from '../errors/cli-error.js';
import { CliError, exitCodes } from '../errors/cli-error.js';

/** What a person can do about it, by error code of Node or OpenSSL. */
const remedies: ReadonlyArray<readonly [code: RegExp, meaning: string, remedy: string]> = [
  [/^ECONNREFUSED$/, 'connection refused', 'check the address, and that the hub runs'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'the host name does not resolve', 'check the host name and DNS'],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, 'no route to the host', 'check the network'],
  [
    /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|TimeoutError)$/,
    'no answer in time',
    'check the network, and that the hub runs',
  ],
  [
    /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET))/,
    'its certificate is not signed by a known authority',
    'give the PEM file of the authority with --ca-file',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'its certificate is for another name',
    'use an address that the certificate names',
  ],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'its certificate is not valid now', 'renew it, or check the clock'],
  [
    /^(ERR_SSL_WRONG_VERSION_NUMBER|EPROTO|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/,
    'it does not speak TLS at this port',
    'try http:// in place of https://, or another port',
  ],
  [
    /^ERR_SSL_.*(NO_APPLICATION_PROTOCOL|CERTIFICATE_REQUIRED)$/,
    'it is not the REST API that answers there',
    'the ports for agents are others (8443 and 8444 unless told otherwise); take the one of --http-addr',
  ],
  [/^ERR_SSL_/, 'TLS with it fails', 'check the address, and what stands before the hub'],
  [/^HPE_/, 'it does not speak HTTP at this port', 'check the port, and whether it should be https://'],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    'the connection was closed',
    'check the address, and that the hub runs',
  ],
];

/** The error of a request that got no answer. */
export function connectionFailure(hub: string, error: unknown): CliError {
  if (error instanceof CliError) return error;
  const code = codeOf(error);
  const known = remedies.find(([pattern]) => pattern.test(code));
  const why = known ? `${known[1]} (${code})` : describe(deepestMessage(error));
  return new CliError(exitCodes.unreachable, `cannot reach the hub ${hub}: ${why}`, {
    remedy: known ? known[2] : 'check the address and the network',
    cause: error,
  });
}

/** What is wrong with a field of a document, as the hub tells it. */
export interface RefusedField {
  /** `Kind/name`. */
  readonly document: string;
  readonly field: string;
  readonly message: string;
}

/** The hub answered no; asking again would not help. */
export class HubRefusal extends CliError {
  /** Of documents, all of them. */
  problems: readonly RefusedField[] = [];
}

const exitOfStatus: Readonly<Record<number, ExitCode>> = {
  401: exitCodes.unreachable,
  403: exitCodes.unreachable,
  404: exitCodes.notFound,
  413: exitCodes.usage,
  422: exitCodes.usage,
  429: exitCodes.unreachable,
  503: exitCodes.unreachable,
};

interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly field?: string;
  readonly id?: string;
  readonly problems?: readonly RefusedField[];
}

/** The error of an answer that is not 2xx. */
export function answerError(hub: string, status: number, text: string): CliError {
  const body = errorBody(text);
  if (!body) return strangeAnswer(hub, status);
  const message = status === 401 ? `the hub ${hub} does not accept the token: ${body.message}` : body.message;
  const name = body.field && !message.includes(body.field) ? ` (${body.field})` : '';
  const remedy = [
    status === 401 ? `flotilla login --hub ${hub} stores another token` : body.remedy,
    reference(body),
  ]
    .filter(Boolean)
    .join(' ');
  const Failure = status === 503 || status === 429 ? CliError : HubRefusal;
  const failure = new Failure(exitOfStatus[status] ?? exitCodes.failed, `${message}${name}`, { remedy });
  if (failure instanceof HubRefusal && Array.isArray(body.problems)) failure.problems = body.problems;
  return failure;
}

/** The error of an answer that is none of the API. */
function strangeAnswer(hub: string, status: number): CliError {
  // Node itself answers so, before the hub sees anything.
  if (status === 414 || status === 431)
    return new CliError(exitCodes.usage, 'a name or a filter is too long for an address', {
      remedy: 'give a shorter one',
    });
  const target =
    status >= 300 && status < 400 ? 'answered with a redirect' : `answered ${status}, but not as a hub does`;
  return new CliError(exitCodes.unreachable, `${hub} ${target}`, {
    remedy: 'check --hub: it is the base address of the hub, without /api/v1',
  });
}

function reference({ code, id }: ErrorBody): string {
  return id ? `[${code}, id ${id}]` : `[${code}]`;
}

function errorBody(text: string): ErrorBody | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: Partial<ErrorBody> };
    return typeof error?.code === 'string' && typeof error.message === 'string'
      ? (error as ErrorBody)
      : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown, depth = 0): string {
  const { code, cause, errors, name } = (error ?? {}) as {
    code?: unknown;
    cause?: unknown;
    errors?: unknown[];
    name?: unknown;
  };
  if (typeof code === 'string') return code;
  const inner = errors?.[0] ?? cause;
  if (inner && depth < 5) return codeOf(inner, depth + 1);
  return typeof name === 'string' ? name : '';
}

/** fetch refuses the ports of well-known services of other kinds, in words that say nothing. */
function describe(message: string): string {
  return message === 'bad port'
    ? 'its port belongs to another kind of service, and is never used for HTTP'
    : message;
}

function deepestMessage(error: unknown): string {
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && at.cause instanceof Error && depth < 5; depth += 1)
    at = at.cause;
  return at instanceof Error ? at.message : String(at);
}
