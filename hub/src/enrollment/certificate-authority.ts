// @peculiar/x509 builds its parsers with decorators.
import 'reflect-metadata';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { spiffeId } from './spiffe-id.js';

x509.cryptoProvider.set(webcrypto);

type SigningAlgorithm =
  | (webcrypto.EcKeyImportParams & webcrypto.EcdsaParams)
  | (webcrypto.RsaHashedImportParams & { readonly hash: 'SHA-256' });

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;
/** Clocks of clusters are not exact. */
const backdateMs = 5 * 60_000;
const caYears = 20;

/** A certificate with its key, as TLS servers want it. PEM. */
export interface KeyPair {
  /** Leaf first, the authority last: an agent finds the pin of its join token in it. */
  readonly certificateChain: string;
  readonly privateKey: string;
  readonly notAfter: Date;
}

/** A certificate for somebody else's key. */
export interface SignedCertificate {
  /** PEM, leaf first. */
  readonly certificateChain: string;
  /** Hexadecimal, upper case, as TLS shows it. */
  readonly serial: string;
  readonly notAfter: Date;
}

/** sha256 of a public key (SPKI); the pin of a join token is that of the authority. */
export function publicKeyHash(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

/** Signs the certificates of the fleet. */
export class CertificateAuthority {
  /** base64url of the hash of the authority's public key. */
  readonly pin: string;
  /** PEM. */
  readonly bundle: string;
  private readonly certificate: x509.X509Certificate;

  private constructor(
    bundle: string,
    private readonly key: webcrypto.CryptoKey,
    private readonly algorithm: SigningAlgorithm,
  ) {
    this.bundle = bundle;
    this.certificate = new x509.X509Certificate(bundle);
    this.pin = publicKeyHash(new X509Certificate(bundle).publicKey).toString('base64url');
  }

  /** @throws Error that says what is wrong with the files */
  static async open(certificatePem: string, privateKeyPem: string): Promise<CertificateAuthority> {
    const certificate = parse('certificate', () => new X509Certificate(certificatePem));
    const key = parse('key', () => createPrivateKey(privateKeyPem));
    if (!certificate.ca)
      throw new Error('certificate authority: the certificate is not one of an authority (CA:TRUE)');
    if (!certificate.verify(certificate.publicKey)) {
      throw new Error(
        'certificate authority: the certificate is not self-signed; agents need the root to pin it',
      );
    }
    if (!certificate.checkPrivateKey(key))
      throw new Error('certificate authority: the key does not fit the certificate');
    const algorithm = signingAlgorithm(key);
    const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
    const signer = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    return new CertificateAuthority(certificate.toString(), signer, algorithm);
  }

  /** A new authority: certificate and key as PEM. */
  static async create(now: Date): Promise<{ certificate: string; privateKey: string }> {
    const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
    const notAfter = new Date(now);
    notAfter.setUTCFullYear(notAfter.getUTCFullYear() + caYears);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: 'CN=Flotilla hub CA,O=Flotilla',
      notBefore: new Date(now.getTime() - backdateMs),
      notAfter,
      signingAlgorithm: ecdsa,
      keys: keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return {
      certificate: certificate.toString('pem'),
      privateKey: await privateKeyPem(keys.privateKey),
    };
  }

  /** A certificate for the hub's own listeners, under every name that agents may dial. */
  async issueServer(names: readonly string[], ttlMs: number, now: Date): Promise<KeyPair> {
    const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
    const alternatives = names.map((name): x509.JsonGeneralName => ({
      type: isIP(name) ? 'ip' : 'dns',
      value: name,
    }));
    const { pem, notAfter } = await this.sign(keys.publicKey, 'CN=flotilla-hub', ttlMs, now, [
      new x509.SubjectAlternativeNameExtension(alternatives),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ]);
    const privateKey = await privateKeyPem(keys.privateKey);
    return { certificateChain: `${pem}\n${this.bundle}`, privateKey, notAfter };
  }

  /** A client certificate for a cluster's key. */
  async issueClient(
    clusterId: string,
    publicKey: KeyObject,
    ttlMs: number,
    now: Date,
  ): Promise<SignedCertificate> {
    const spki = new x509.PublicKey(publicKey.export({ type: 'spki', format: 'der' }));
    const { pem, serial, notAfter } = await this.sign(spki, `CN=${clusterId},O=Flotilla agent`, ttlMs, now, [
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: spiffeId(clusterId) }]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ]);
    return { certificateChain: `${pem}\n${this.bundle}`, serial: serial.toUpperCase(), notAfter };
  }

  /** Whether this authority has signed the certificate; whether it has expired is not asked. */
  hasSigned(certificate: X509Certificate): boolean {
    return certificate.verify(new X509Certificate(this.bundle).publicKey);
  }

  private async sign(
    publicKey: webcrypto.CryptoKey | x509.PublicKey,
    subject: string,
    ttlMs: number,
    now: Date,
    extensions: x509.Extension[],
  ): Promise<{ pem: string; serial: string; notAfter: Date }> {
    const serial = newSerial();
    const notAfter = new Date(Math.min(now.getTime() + ttlMs, this.certificate.notAfter.getTime()));
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject,
      issuer: this.certificate.subjectName,
      notBefore: new Date(now.getTime() - backdateMs),
      notAfter,
      signingAlgorithm: this.algorithm,
      publicKey,
      signingKey: this.key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        ...this.authorityKeyIdentifier(),
        ...extensions,
      ],
    });
    return { pem: certificate.toString('pem'), serial, notAfter };
  }

  /** Names the authority as its own certificate does: tools derive the identifier of a key in different ways. */
  private authorityKeyIdentifier(): x509.Extension[] {
    const own = this.certificate.getExtension(x509.SubjectKeyIdentifierExtension);
    return own ? [new x509.AuthorityKeyIdentifierExtension(own.keyId)] : [];
  }
}

/** 127 random bits, positive and without leading zeros, so that every tool writes it the same way. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** EC as the hub makes it itself; RSA as helm's genCA and many a company's own authority make it. */
function signingAlgorithm(key: KeyObject): SigningAlgorithm {
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= 2048) return rsa;
  const curve = createPublicKey(key).asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return ecdsa;
  if (key.asymmetricKeyType === 'ec' && curve === 'secp384r1')
    return { ...ecdsa, namedCurve: 'P-384', hash: 'SHA-384' };
  throw new Error(
    'certificate authority: the key must be an EC key on P-256 or P-384, or RSA of 2048 or more bits',
  );
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function parse<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`certificate authority: the ${what} is not PEM, or damaged`, { cause });
  }
}
