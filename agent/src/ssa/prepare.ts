import { formatObject, type KubeObject } from '@flotilla/common/kube/object';
import { hasControl, ownerLabels } from './controls.js';
import type { ApplyOptions, CommonMetadata, Owner } from './engine.js';
import { normalize } from './normalize.js';

/**
 * The objects as they are sent: normalised, with common metadata and the owner's labels. The owner's labels come last:
 * without them a later prune or another owner could not tell whose object it is.
 * @throws Error for a Secret that is still encrypted (flux-compat 3.4)
 */
export function prepare(
  objects: readonly KubeObject[],
  { owner, commonMetadata }: Pick<ApplyOptions, 'owner' | 'commonMetadata'>,
): KubeObject[] {
  for (const object of objects) refuseEncrypted(object, owner);
  return objects.map((object) => {
    const copy = normalize(object);
    addMetadata(copy, commonMetadata);
    addMetadata(copy, { labels: ownerLabels(owner) });
    return copy;
  });
}

function refuseEncrypted(object: KubeObject, owner: Owner): void {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || object['sops'] === undefined) return;
  const { name, annotations } = object.metadata;
  if (
    hasControl(
      { metadata: { name, ...(annotations ? { annotations } : {}) } },
      owner.group,
      'decrypt',
      'disabled',
    )
  )
    return;
  throw new Error(
    `${formatObject(object)} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`,
  );
}

function addMetadata(object: KubeObject, { labels, annotations }: CommonMetadata = {}): void {
  const { metadata } = object;
  if (labels && Object.keys(labels).length > 0) metadata.labels = { ...metadata.labels, ...labels };
  if (annotations && Object.keys(annotations).length > 0)
    metadata.annotations = { ...metadata.annotations, ...annotations };
}
