import 'reflect-metadata';
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { invalid } from '../platform/errors/hub-error.js';

const limitBytes = 16 * 1024;
const curves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const remedy =
  'make a PKCS#10 request, PEM, with an EC key on P-256, P-384 or P-521, Ed25519, or RSA of 2048 to 8192 bits';

/**
 * The public key of a certificate request whose sender holds the private key. Nothing else of the request counts:
 * names and uses are the hub's to decide. @throws HubError Invalid
 */
export async function verifyCertificateRequest(pem: string): Promise<KeyObject> {
  if (Buffer.byteLength(pem) > limitBytes)
    throw invalid('csr', `certificate request: longer than ${limitBytes} bytes`, { remedy });
  const request = parseRequest(pem);
  const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  if (!isStrong(key))
    throw invalid('csr', `certificate request: keys of the kind ${describe(key)} are not accepted`, {
      remedy,
    });
  const signed = await request.verify().catch(() => false);
  if (!signed) throw invalid('csr', 'certificate request: the signature does not fit its key', { remedy });
  return key;
}

function parseRequest(pem: string): x509.Pkcs10CertificateRequest {
  try {
    if (!pem.includes('-----BEGIN ')) throw new Error('not PEM');
    return new x509.Pkcs10CertificateRequest(pem);
  } catch (cause) {
    throw invalid('csr', 'certificate request: it is not PKCS#10 in PEM', { remedy, cause });
  }
}

function isStrong({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const { namedCurve = '', modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'ec') return curves.has(namedCurve);
  if (asymmetricKeyType === 'rsa') return modulusLength >= 2048 && modulusLength <= 8192;
  return asymmetricKeyType === 'ed25519';
}

function describe({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const detail = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength;
  return detail === undefined ? String(asymmetricKeyType) : `${asymmetricKeyType} ${detail}`;
}
