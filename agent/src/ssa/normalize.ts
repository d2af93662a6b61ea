import type { KubeObject } from '@flotilla/common/kube/object';
import { copyJson } from '@flotilla/common/kube/copy-json';
import { dropInvalidCaBundle } from './ca-bundle.js';
import { isBuiltInKind } from './built-in-kinds.js';
import { isCustomResourceDefinition } from './stages.js';
import { portListsOf } from './port-lists.js';
import { writeQuantities } from './quantities.js';

type Json = Record<string, unknown>;

/**
 * Brings a declared object into the form that Flux applies (flux-compat 3.6, 1 and 7a): a new object, the given one
 * stays as it is. Unknown fields of built-in kinds are not dropped here: only the server knows its fields, so they are
 * dropped when it names them (see unknown-fields.ts).
 */
export function normalize(object: KubeObject): KubeObject {
  const copy = copyJson(object);
  // Roles are sent as they are: an empty rules list would change its meaning.
  if (isRole(copy)) return copy;
  if (isBuiltInKind(copy)) {
    dropNulls(copy);
    addPortProtocols(copy);
    writeQuantities(copy);
    if (copy.kind === 'Secret' && copy.apiVersion === 'v1') mergeStringData(copy);
  }
  delete copy.metadata.creationTimestamp;
  if (isCustomResourceDefinition(copy)) dropInvalidCaBundle(copy);
  else delete copy.status;
  return copy;
}

function isRole(object: KubeObject): boolean {
  return (
    object.apiVersion === 'rbac.authorization.k8s.io/v1' &&
    (object.kind === 'Role' || object.kind === 'ClusterRole')
  );
}

/** `stringData` wins over `data` and is never stored, so server-side apply would see it as drift for ever. */
function mergeStringData(secret: KubeObject): void {
  const { stringData } = secret;
  if (!isMap(stringData)) return;
  if (!Object.values(stringData).every((value) => typeof value === 'string')) return;
  const data: Json = isMap(secret['data']) ? secret['data'] : {};
  for (const [key, value] of Object.entries(stringData))
    data[key] = Buffer.from(String(value), 'utf8').toString('base64');
  if (Object.keys(data).length > 0) secret['data'] = data;
  delete secret['stringData'];
}

/** Port lists are keyed by port and protocol; without the default the server cannot tell two entries apart. */
function addPortProtocols(object: KubeObject): void {
  for (const ports of portListsOf(object)) {
    for (const port of ports) {
      if (isMap(port) && (port['protocol'] === undefined || port['protocol'] === ''))
        port['protocol'] = 'TCP';
    }
  }
}

/** Maps of free text: a null value there is an empty text, as in Go; everywhere else null is a field that is not set. */
const textMaps = new Set([
  'data',
  'stringData',
  'binaryData',
  'labels',
  'annotations',
  'matchLabels',
  'nodeSelector',
]);

function dropNulls(value: Json): void {
  for (const [key, child] of Object.entries(value)) {
    if (child === null) delete value[key];
    else if (isMap(child) && textMaps.has(key)) fillNulls(child);
    else if (Array.isArray(child)) child.filter(isMap).forEach(dropNulls);
    else if (isMap(child)) dropNulls(child);
  }
}

function fillNulls(texts: Json): void {
  for (const [key, value] of Object.entries(texts)) if (value === null) texts[key] = '';
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
