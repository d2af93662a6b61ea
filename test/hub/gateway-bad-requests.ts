// Certificate requests that a hub must refuse, or may well take.
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** An RSA key of `bits` with a request that is well signed. */
export async function rsaRequest(bits: number): Promise<string> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: bits,
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=agent',
    keys,
    signingAlgorithm: algorithm,
  });
  return request.toString('pem');
}

/** A request that names one key and is signed by another. */
export async function stolenRequest(): Promise<string> {
  const signing = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const named = await webcrypto.subtle.importKey('spki', spki, ecdsa, true, ['verify']);
  const keys = { privateKey: signing.privateKey, publicKey: named };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=agent',
    keys,
    signingAlgorithm: ecdsa,
  });
  return request.toString('pem');
}
