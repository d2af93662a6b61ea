import { groupOf, type KubeObject } from '@flotilla/common/kube/object';

type Json = Record<string, unknown>;

/** Maps whose values are all quantities, wherever a kind of Kubernetes has one. */
const quantityMaps = new Set([
  'limits',
  'requests',
  'hard',
  'capacity',
  'overhead',
  'podFixed',
  // Of a LimitRange.
  'max',
  'min',
  'default',
  'defaultRequest',
  'maxLimitRequestRatio',
]);
const quantityFields = new Set(['sizeLimit', 'divisor']);
/** Fields with names that are those of other things elsewhere. */
const fieldsOfKind: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'autoscaling/HorizontalPodAutoscaler',
    new Set(['value', 'averageValue', 'targetValue', 'targetAverageValue']),
  ],
  ['storage.k8s.io/CSIStorageCapacity', new Set(['capacity', 'maximumVolumeSize'])],
]);
/** What is in them is the author's, not of the API. */
const freeMaps = new Set(['data', 'binaryData', 'stringData', 'labels', 'annotations', 'matchLabels']);

/**
 * Writes quantities that are numbers (`cpu: 1`) as texts, in place. The typed clients do so (flux-compat 3.6, 1), and the
 * server takes nothing else in an apply.
 */
export function writeQuantities(object: KubeObject): void {
  const own = fieldsOfKind.get(`${groupOf(object.apiVersion)}/${object.kind}`) ?? new Set<string>();
  writeIn(object, own);
}

function writeIn(holder: Json, own: ReadonlySet<string>): void {
  for (const [key, value] of Object.entries(holder)) {
    if (isNumber(value)) {
      if (quantityFields.has(key) || own.has(key)) holder[key] = String(value);
    } else if (Array.isArray(value)) {
      value.filter(isMap).forEach((item) => writeIn(item, own));
    } else if (isMap(value) && !freeMaps.has(key)) {
      if (quantityMaps.has(key)) writeAll(value);
      writeIn(value, own);
    }
  }
}

function writeAll(quantities: Json): void {
  for (const [name, value] of Object.entries(quantities))
    if (isNumber(value)) quantities[name] = String(value);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
