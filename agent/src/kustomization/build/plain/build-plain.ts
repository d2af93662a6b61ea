import { setImmediate as breathe } from 'node:timers/promises';
import { formatRef, type KubeObject } from '@flotilla/common/kube/object';
import { emitYaml } from '@flotilla/common/yaml/emit';
import { readEverydayYaml } from '@flotilla/common/yaml/everyday/read-everyday-yaml';
import type { SandboxFiles } from '../sandbox.js';
import { areReferencesComplete } from './name-fields.js';
import { inOutputOrder } from './output-order.js';
import { collectPlainFiles } from './plain-files.js';
import { isPlainObject } from './plain-object.js';
import { isNamespaced, setNamespace } from './set-namespace.js';

/** Others want to work too while a large build is written. */
const objectsAtOnce = 200;

/**
 * Builds what needs no kustomize: lists of files with plain objects, at most put into a namespace. The result is byte for
 * byte that of kustomize, which takes longer to start than this takes, and the square of the number of objects on top.
 * Undefined for every other build, and whenever there is the least doubt; then kustomize builds, or says what is wrong.
 */
export async function buildPlain(files: SandboxFiles, signal: AbortSignal): Promise<string | undefined> {
  if (files.remotes.length > 0) return undefined;
  const plain = await collectPlainFiles(files);
  if (!plain) return undefined;
  const objects: KubeObject[] = [];
  for (const text of plain.texts) {
    const found = readObjects(text);
    if (!found) return undefined;
    objects.push(...found);
  }
  const { namespace } = plain;
  if (namespace !== undefined && !objects.every((object) => setNamespace(object, namespace)))
    return undefined;
  if (objects.length === 0 || !areDistinct(objects) || !areReferencesComplete(objects)) return undefined;
  return await emitAll(inOutputOrder(objects), signal);
}

function readObjects(text: string): KubeObject[] | undefined {
  const values = readEverydayYaml(text)?.filter((value) => value !== undefined && value !== null);
  return values?.every(isPlainObject) ? values : undefined;
}

/**
 * Groups and versions are left out: what only differs in them may be the same object. So is the namespace of a kind that
 * may have none.
 */
function areDistinct(objects: readonly KubeObject[]): boolean {
  const ids = objects.map((object) => {
    const { name, namespace = 'default' } = object.metadata;
    return formatRef({ kind: object.kind, name, ...(isNamespaced(object) ? { namespace } : {}) });
  });
  return new Set(ids).size === ids.length;
}

async function emitAll(objects: readonly KubeObject[], signal: AbortSignal): Promise<string> {
  const texts: string[] = [];
  for (const object of objects) {
    texts.push(emitYaml(object));
    if (texts.length % objectsAtOnce === 0) await breathe();
    signal.throwIfAborted();
  }
  return texts.join('---\n');
}
