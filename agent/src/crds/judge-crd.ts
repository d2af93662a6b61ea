import { olderFieldText } from '@flotilla/common/api/older-fields';
import type { KubeObject } from '@flotilla/common/kube/object';

interface Schema {
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
}

interface Version {
  name: string;
  served: boolean;
  deprecated?: boolean;
  schema?: { openAPIV3Schema?: Schema };
}

/**
 * What a CRD of the cluster lacks that this agent knows: versions and fields, as people read them; nothing when all is
 * there. More than the agent knows is fine, e.g. the CRDs of Flux. Without a field in the schema the API server drops it
 * from objects in silence. What is only there for old manifests may be missing: then there are none.
 */
export function lackingIn(live: KubeObject, own: KubeObject): string[] {
  const served = versionsOf(live).filter((version) => version.served);
  const current = versionsOf(own).filter((version) => !version.deprecated);
  return current.flatMap(({ name, schema }) => {
    const found = served.find((version) => version.name === name);
    if (!found) return [`version ${name}`];
    const lost = lostFields(found.schema?.openAPIV3Schema, schema?.openAPIV3Schema);
    return lost.map((path) => `${path} in ${name}`);
  });
}

function versionsOf({ spec }: KubeObject): readonly Version[] {
  return (spec as { versions?: Version[] } | undefined)?.versions ?? [];
}

function lostFields(live: Schema | undefined, own: Schema | undefined, path = ''): string[] {
  if (!own || live?.['x-kubernetes-preserve-unknown-fields']) return [];
  const fields = Object.entries(own.properties ?? {}).flatMap(([name, schema]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const found = live?.properties?.[name];
    if (!found && schema.description?.startsWith(olderFieldText)) return [];
    return found ? lostFields(found, schema, at) : [at];
  });
  const inside = typeof own.additionalProperties === 'object' ? own.additionalProperties : undefined;
  const liveInside = typeof live?.additionalProperties === 'object' ? live.additionalProperties : undefined;
  return [
    ...fields,
    ...(live?.items ? lostFields(live.items, own.items, `${path}[]`) : []),
    ...(liveInside ? lostFields(liveInside, inside, `${path}.*`) : []),
  ];
}
