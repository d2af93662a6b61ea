import type { Kustomization, SubstituteReference } from '@flotilla/common/api/kustomization';
import type { KubeObject } from '@flotilla/common/kube/object';
import { mergeVariables } from '@flotilla/common/envsubst/variables';
import type { Run } from '../run.js';
import { messageOf } from '../step-failure.js';

/** The variables of one Kustomization. */
export interface Variables {
  values: Readonly<Record<string, string>>;
  /** Which versions of which objects the values came from; says nothing about the values. */
  identity: string;
}

/** Reads substituteFrom in order, later ones win, and puts `substitute` over all (flux-compat 3.5). */
export async function loadVariables(run: Run): Promise<Variables> {
  const references = run.object.spec.postBuild?.substituteFrom ?? [];
  const layers: Array<Readonly<Record<string, string>>> = [];
  const identities: string[] = [];
  for (const reference of references) {
    const found = await read(run, reference, false);
    identities.push(identityOf(reference, found));
    if (found) layers.push(dataOf(found));
  }
  layers.push(run.object.spec.postBuild?.substitute ?? {});
  return { values: mergeVariables(layers), identity: identities.join('\n') };
}

/** The identity alone: of objects that are not in a cache only the metadata is read. */
export async function readIdentity(run: Run): Promise<string> {
  const references = run.object.spec.postBuild?.substituteFrom ?? [];
  const found = await Promise.all(references.map((reference) => read(run, reference, true)));
  return found.map((object, index) => identityOf(references[index]!, object)).join('\n');
}

async function read(
  run: Run,
  reference: SubstituteReference,
  metadataOnly: boolean,
): Promise<KubeObject | undefined> {
  const { kind, name, optional } = reference;
  const namespace = namespaceOf(run.object);
  const cached = run.deps.caches.configs?.[kind]?.get({ namespace, name });
  if (cached) return cached;
  const ref = { apiVersion: 'v1', kind, namespace, name };
  let found: KubeObject | undefined;
  try {
    found = await run.deps.client.get(ref, { metadataOnly, signal: run.signal });
  } catch (error) {
    throw new Error(`substitute from '${kind}/${name}' error: ${messageOf(error)}`, { cause: error });
  }
  if (found || optional || metadataOnly) return found;
  const resource = kind === 'Secret' ? 'secrets' : 'configmaps';
  throw new Error(`substitute from '${kind}/${name}' error: ${resource} "${name}" not found`);
}

/** Values of Secrets are base64. */
function dataOf(object: KubeObject): Record<string, string> {
  const data = (object['data'] ?? {}) as Record<string, string>;
  const decode = (value: string): string =>
    object.kind === 'Secret' ? Buffer.from(value, 'base64').toString('utf8') : value;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, decode(value)]));
}

function identityOf({ kind, name }: SubstituteReference, object: KubeObject | undefined): string {
  const { uid = '', resourceVersion = '' } = object?.metadata ?? {};
  return `${kind}/${name}@${uid}/${resourceVersion}`;
}

function namespaceOf(object: Kustomization): string {
  return object.metadata.namespace ?? '';
}
