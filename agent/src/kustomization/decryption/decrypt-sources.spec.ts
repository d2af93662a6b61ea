import { afterEach, describe, expect, it } from 'vitest';
import type { KeyService } from '@flotilla/common/sops/key-service';
import { encryptDotenv, newDataKey } from '@flotilla/common/sops/sops-encryptor.fixture';
import { artifactFixture, type ArtifactFixture } from '../build/artifact-fixture.js';
import { findClosure } from '../build/closure.js';
import { decryptSources } from './decrypt-sources.js';

const dataKey = newDataKey();
const services: KeyService[] = [{ canDecrypt: () => true, decrypt: () => Promise.resolve(dataKey) }];
const signal = new AbortController().signal;

let artifact: ArtifactFixture | undefined;
afterEach(() => artifact?.remove());

async function decrypt(envs: Record<string, string>): Promise<Map<string, Buffer>> {
  artifact = artifactFixture(envs);
  const content = { secretGenerator: [{ name: 'a', envs: Object.keys(envs) }] };
  const entry = { path: 'kustomization.yaml', content, edited: true };
  const closure = await findClosure({ root: artifact.root, entry, noRemoteBases: true });
  return await decryptSources(closure, { services, signal });
}

describe('decryptSources (flux-compat 3.4)', () => {
  it('gives the encrypted files alone', async () => {
    const keys = { age: [{ recipient: 'age1x', enc: 'x' }] };
    const encrypted = await encryptDotenv([['A', 'secret']], { dataKey, keys });
    const clear = await decrypt({ 'a.env': encrypted, 'open.env': 'B=c\n' });
    expect([...clear].map(([file, content]) => [file, content.toString()])).toEqual([
      ['a.env', 'A=secret\n'],
    ]);
  });

  it('refuses files above 5 MiB, encrypted or not', async () => {
    await expect(decrypt({ 'a.env': 'x'.repeat(5 * 1024 * 1024 + 1) })).rejects.toThrow(
      'error decrypting sources: a.env: cannot decrypt file with size (5242881 bytes) exceeding limit (5242880)',
    );
  });

  it('names the file that cannot be decrypted', async () => {
    await expect(decrypt({ 'a.env': 'A=b\nsops_mac=ENC[x' })).rejects.toThrow(
      'error decrypting sources: a.env: failed to load encrypted dotenv data: No keys found in file',
    );
  });
});
