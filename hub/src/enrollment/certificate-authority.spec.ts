import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type DetailedPeerCertificate } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { CertificateAuthority } from './certificate-authority.js';

x509.cryptoProvider.set(webcrypto);

const hour = 3_600_000;
const sha256 = 'SHA-256';
const rsa = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: sha256,
  modulusLength,
  publicExponent: Uint8Array.of(1, 0, 1),
});
const ec = (namedCurve: string) => ({ name: 'ECDSA', namedCurve, hash: sha256 });

type KeyType = 'pkcs1' | 'pkcs8' | 'sec1';

/** A self-signed authority as other tools make it. */
async function foreignAuthority(
  algorithm: ReturnType<typeof rsa> | ReturnType<typeof ec>,
  type: KeyType,
  keyId?: string,
) {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=some authority',
    notBefore: new Date(Date.now() - hour),
    notAfter: new Date(Date.now() + 10 * hour),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      // Not the hash of the key that others would take.
      ...(keyId === undefined ? [] : [new x509.SubjectKeyIdentifierExtension(keyId)]),
    ],
  });
  const key = KeyObject.from(keys.privateKey);
  return { certificate: certificate.toString('pem'), key: key.export({ type, format: 'pem' }).toString() };
}

/** What a TLS client sees that trusts only the authority. */
async function handshake(authority: CertificateAuthority): Promise<DetailedPeerCertificate> {
  const { certificateChain, privateKey } = await authority.issueServer(['127.0.0.1'], hour, new Date());
  const server = createServer({ cert: certificateChain, key: privateKey }, (socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, ca: authority.bundle });
  try {
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    return socket.getPeerCertificate(true);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('an authority from files', () => {
  it.each([
    ['RSA in PKCS#1, as genCA of a Helm chart makes it', rsa(2048), 'pkcs1', 'BEGIN RSA PRIVATE KEY'],
    ['RSA in PKCS#8', rsa(3072), 'pkcs8', 'BEGIN PRIVATE KEY'],
    ['with a key identifier of its own', rsa(2048), 'pkcs1', 'BEGIN RSA PRIVATE KEY', '0102030405060708'],
    ['EC P-256 in SEC 1', ec('P-256'), 'sec1', 'BEGIN EC PRIVATE KEY'],
    ['EC P-256 in PKCS#8', ec('P-256'), 'pkcs8', 'BEGIN PRIVATE KEY'],
    ['EC P-384 in PKCS#8', ec('P-384'), 'pkcs8', 'BEGIN PRIVATE KEY'],
  ] as const)('signs servers and agents: %s', async (_, algorithm, type, header, keyId?: string) => {
    const { certificate, key } = await foreignAuthority(algorithm, type, keyId);
    expect(key).toContain(header);
    const authority = await CertificateAuthority.open(certificate, key);

    const { issuerCertificate } = await handshake(authority);
    expect(issuerCertificate.fingerprint256).toBe(new X509Certificate(certificate).fingerprint256);
    const agent = createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    const client = await authority.issueClient('c1', agent, hour, new Date());
    expect(authority.hasSigned(new X509Certificate(client.certificateChain))).toBe(true);
  });

  it('is refused when its key is too weak', async () => {
    const { certificate, key } = await foreignAuthority(rsa(1024), 'pkcs1');
    await expect(CertificateAuthority.open(certificate, key)).rejects.toThrow(
      'the key must be an EC key on P-256 or P-384, or RSA of 2048 or more bits',
    );
  });

  it('is refused with the key of another', async () => {
    const [one, other] = await Promise.all([
      foreignAuthority(rsa(2048), 'pkcs8'),
      foreignAuthority(rsa(2048), 'pkcs8'),
    ]);
    await expect(CertificateAuthority.open(one.certificate, other.key)).rejects.toThrow(
      'the key does not fit the certificate',
    );
  });
});
