import type { SecretData } from './credentials.js';

/** The Secret does not make a usable proxy. */
export class InvalidProxyError extends Error {
  override readonly name = 'InvalidProxyError';
}

const maxAddressLength = 2048;

/** The address of a proxy with its user information, from the Secret of spec.proxySecretRef (flux-compat 2.3). */
export function proxyAddress(secret: SecretData, name: string): string {
  const { address, username, password } = secret;
  const invalid = (why: string): InvalidProxyError => new InvalidProxyError(`secret '${name}': ${why}`);
  if (address === undefined) throw invalid("key 'address' not found");
  const url = parse(address.trim());
  if (!url || url.hostname === '' || address.length > maxAddressLength)
    throw invalid("'address' is not the address of a proxy, such as http://proxy.example.com:3128");
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`proxy URL must use http or https scheme, got '${url.protocol.slice(0, -1)}'`);
  if (username) {
    url.username = encodeURIComponent(username);
    url.password = encodeURIComponent(password ?? '');
  }
  // A user without a password has an empty one: git would ask a person for one that is not there.
  if (url.username && !url.password) return url.href.replace('@', ':@');
  return url.href;
}

function parse(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}
