import { createPrivateKey as createKeyObject, createPublicKey, webcrypto } from 'node:crypto';
// x509's own dependency wants it loaded first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes a P-256 key, PKCS#8 as PEM. */
export async function createPrivateKey(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
}

/** A PKCS#10 request, PEM, signed with a key of createPrivateKey. The hub decides what the certificate says. */
export async function createCertificateRequest(privateKey: string, commonName: string): Promise<string> {
  const pkcs8 = createKeyObject(privateKey).export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    { name: [{ CN: [commonName] }], keys, signingAlgorithm: algorithm },
    webcrypto,
  );
  return request.toString('pem');
}
