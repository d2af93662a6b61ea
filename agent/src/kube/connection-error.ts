import { KubeConnectionError } from './errors.js';

/** What a person can do about it, by error code. */
const remedies: ReadonlyArray<[code: RegExp, meaning: string, remedy: string]> = [
  [/^ECONNREFUSED$/, 'connection refused', 'check that the address is right and that the API server runs'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'the host name does not resolve', 'check the host name and DNS'],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, 'no route to the host', 'check the network and its policies'],
  [
    /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/,
    'no connection in time',
    'check the network, its policies and that the API server runs',
  ],
  [
    /^(DEADLINE|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/,
    'no answer in time',
    'check the load of the API server',
  ],
  [/^IDLE$/, 'the watch went silent', 'check for proxies that cut idle connections'],
  [
    /^(SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET))/,
    'the server certificate is not signed by a known authority',
    'set certificate-authority-data in the kubeconfig',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'the server certificate is for another name',
    'use an address that the certificate names, or set tls-server-name in the kubeconfig',
  ],
  [
    /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    'the server certificate is not valid now',
    'renew it, or check the clock',
  ],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'the connection was closed', 'check that the API server runs'],
  [
    /^UND_ERR_RES_EXCEEDED_MAX_SIZE$/,
    'the answer is larger than the limit',
    'ask for less, or look for objects of unusual size',
  ],
  [/TLS|SSL|CERT/, 'TLS failed', 'check the certificates of the server and of the kubeconfig'],
];

/** Turns what Node, undici or OpenSSL threw into one error that names the server and the remedy. */
export function connectionError(server: string, error: unknown): KubeConnectionError {
  if (error instanceof KubeConnectionError) return error;
  const code = codeOf(error);
  const known = remedies.find(([pattern]) => pattern.test(code));
  const message = known
    ? `cannot talk to the API server ${server}: ${known[1]} (${code}): ${known[2]}`
    : `cannot talk to the API server ${server}: ${error instanceof Error ? error.message : String(error)}`;
  return new KubeConnectionError({ server, code, message, cause: error });
}

/** True when the connection broke before or while the answer came, so that asking again may help. */
export function isBrokenConnection(error: unknown): boolean {
  return /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  const { code, cause, errors } = (error ?? {}) as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === 'string') return code;
  if (errors?.[0]) return codeOf(errors[0]);
  return cause ? codeOf(cause) : '';
}
