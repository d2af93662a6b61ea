import { decryptDocument, decryptFields, type Decryption } from '@flotilla/common/sops/decrypt-document';
import { detectFormat, formatOfName } from '@flotilla/common/sops/formats/format';
import type { KubeObject } from '@flotilla/common/kube/object';
import { emitYaml } from '@flotilla/common/yaml/emit';
import { parseYaml } from '@flotilla/common/yaml/parse';
import { mapConcurrently } from '../../ssa/concurrency.js';
import { isFields } from '../build/references.js';
import { kustomizationGroup } from '../kind.js';
import { describeObject, splitDocuments } from '../substitution/substitute-documents.js';
import { DecryptionError } from './decryption-error.js';

type Fields = Readonly<Record<string, unknown>>;

/** Requests to key services under way. */
const concurrency = 8;
/** Nothing else can be encrypted; most documents need not be parsed for that. */
const candidate = /^(?:sops:|kind: Secret$)/m;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Decrypts the objects of a build that have a `sops` field, and encrypted values of Secrets (flux-compat 3.4).
 * @throws DecryptionError that names the object
 */
export async function decryptObjects(yaml: string, decryption: Decryption): Promise<string> {
  const documents = await mapConcurrently(splitDocuments(yaml), concurrency, async (text) => {
    if (!candidate.test(text)) return text;
    const object = parseYaml(text);
    if (!isObject(object) || isDisabled(object)) return text; // What is no object, the next step reports.
    const decrypted = await decryptObject(object, decryption);
    return decrypted === object ? text : emitYaml(decrypted);
  });
  return documents.join('---\n');
}

async function decryptObject(object: KubeObject, decryption: Decryption): Promise<Fields> {
  const { sops } = object;
  const what = `failed to decrypt and format '${nameOf(object)}'`;
  try {
    if (isFields(sops) && typeof sops['mac'] === 'string' && sops['mac'] !== '') {
      return await within(`${what} ${object.kind} data`, () => decryptFields(object, decryption));
    }
    return object.kind === 'Secret' ? await decryptValues(object, what, decryption) : object;
  } catch (error) {
    decryption.signal.throwIfAborted();
    throw new DecryptionError(
      `decryption failed for '${describeObject(object)}': ${(error as Error).message}`,
    );
  }
}

/** Returns the same object when no value is encrypted. */
async function decryptValues(object: KubeObject, what: string, decryption: Decryption): Promise<Fields> {
  const data = isFields(object['data']) ? object['data'] : {};
  const decrypted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data)) {
    const content = typeof value === 'string' ? decode(value) : undefined;
    const from = content && detectFormat(content);
    if (!content || !from) continue;
    const clear = await within(`${what} Secret field '${key}'`, () =>
      decryptDocument(content, { from, to: formatOfName(key) }, decryption),
    );
    decrypted[key] = clear.toString('base64');
  }
  if (Object.keys(decrypted).length === 0) return object;
  return { ...object, data: { ...data, ...decrypted } };
}

/** What is no base64, the API server reports. */
function decode(value: string): Buffer | undefined {
  const text = value.replaceAll(/[\r\n]/g, '');
  return base64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function isObject(value: unknown): value is KubeObject {
  return (
    isFields(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    isFields(value['metadata'])
  );
}

function isDisabled({ metadata }: KubeObject): boolean {
  const value: unknown = metadata.annotations?.[`${kustomizationGroup}/decrypt`];
  return typeof value === 'string' && value.toLowerCase() === 'disabled';
}

function nameOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

async function within<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
