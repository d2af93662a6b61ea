import { formatName } from '@flotilla/common/kube/object';
import type { SourceDecryption } from '../build/source-decryption.js';
import type { Run } from '../run.js';
import { ClearTexts } from './clear-texts.js';
import { decryptObjects } from './decrypt-objects.js';
import { decryptSources } from './decrypt-sources.js';
import { keyIdentity, keySecretOf, readKeySecret } from './key-secret.js';
import { sendHttp } from '../../cloud/http-json.js';
import { decryptionAccount, keyIdentities } from './key-identities.js';
import { loadKeyServices } from './load-key-services.js';

/** Decrypts for one run of a Kustomization: files before the build, objects after it. */
export interface OpenDecryption extends SourceDecryption {
  /** The build's output with its encrypted objects decrypted. @throws DecryptionError */
  objects(yaml: string): Promise<string>;
}

/** Loads the keys; undefined when spec.decryption is not set. @throws DecryptionError */
export async function openDecryption(run: Run): Promise<OpenDecryption | undefined> {
  if (!run.object.spec.decryption) return undefined;
  const { clock } = run.deps;
  const ref = keySecretOf(run);
  const secret = ref && (await readKeySecret(run, ref));
  const http = { send: sendHttp, now: () => clock.now() };
  const services = await loadKeyServices(ref, secret, http, keyIdentities(run));
  const clear = new ClearTexts();
  const decryption = { services, signal: run.signal };
  return {
    identity: identityOf(run, keyIdentity(ref, secret)),
    files: (closure) => decryptSources(closure, { ...decryption, onClear: (value) => clear.add(value) }),
    isQuotedIn: (message) => clear.isQuotedIn(message),
    objects: (yaml) => decryptObjects(yaml, decryption),
  };
}

/** The identity alone, without the keys; undefined when spec.decryption is not set. */
export async function readKeyIdentity(run: Run): Promise<string | undefined> {
  if (!run.object.spec.decryption) return undefined;
  const ref = keySecretOf(run);
  return identityOf(run, keyIdentity(ref, ref && (await readKeySecret(run, ref, { metadataOnly: true }))));
}

/** What one ServiceAccount may open is not given to another. */
function identityOf(run: Run, keys: string): string {
  const account = decryptionAccount(run);
  return account ? `${keys} as ${formatName(account)}` : keys;
}
