// Certificates for tests, made with openssl: an authority and what it signs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.js';
import { toolOutput } from './tool.js';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** The authority's own certificate. */
  readonly cert: string;
  /** Signs a certificate for 127.0.0.1 that serves servers and clients alike. */
  issue(name: string): Promise<Certificate>;
  remove(): void;
}

/** Makes an authority whose certificates are good for one day. */
export async function createAuthority(): Promise<CertificateAuthority> {
  const folder = temporaryFolder('ca');
  const at = (name: string): string => join(folder.path, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const own = ['-keyout', at('ca.key'), '-out', at('ca.crt'), '-subj', '/CN=test authority'];
  await toolOutput('openssl', ['req', '-x509', '-days', '1', ...newKey, ...own]);
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  return {
    cert: readFileSync(at('ca.crt'), 'utf8'),
    async issue(name) {
      const [key, csr, crt] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.crt`)];
      await toolOutput('openssl', ['req', ...newKey, '-keyout', key, '-out', csr, '-subj', `/CN=${name}`]);
      const signer = [
        '-CA',
        at('ca.crt'),
        '-CAkey',
        at('ca.key'),
        '-CAcreateserial',
        '-extfile',
        at('names'),
      ];
      await toolOutput('openssl', ['x509', '-req', '-days', '1', '-in', csr, '-out', crt, ...signer]);
      return { cert: readFileSync(crt, 'utf8'), key: readFileSync(key, 'utf8') };
    },
    remove: () => folder.remove(),
  };
}
