import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

/** Where the certificates of the machine are, by distribution. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/** Whom programs on this machine trust, as PEM; those of Node where the machine says nothing. */
export async function systemCertificates(): Promise<string> {
  for (const bundle of systemBundles) {
    const text = await readFile(bundle, 'utf8').catch(() => undefined);
    if (text) return text;
  }
  return rootCertificates.join('\n');
}
