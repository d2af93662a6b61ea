import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { isFields } from './references.js';

type Fields = Record<string, unknown>;
type SpecImage = NonNullable<KustomizationSpec['images']>[number];

/**
 * Writes what the spec asks for into the kustomization file at the entry of the build (flux-compat 3.3).
 * `components` are those of the spec that exist. Returns the same object when there is nothing to change.
 */
export function mergeSpec(file: Fields, spec: KustomizationSpec, components: readonly string[]): Fields {
  const changes: Fields = {
    ...override('namespace', spec.targetNamespace),
    ...override('namePrefix', spec.namePrefix),
    ...override('nameSuffix', spec.nameSuffix),
    ...append(file, 'patches', spec.patches),
    ...append(file, 'components', components),
    ...(spec.images?.length ? { images: mergeImages(items(file['images']), spec.images) } : {}),
    ...(spec.buildMetadata?.length ? { buildMetadata: spec.buildMetadata } : {}),
  };
  const merged = Object.keys(changes).length === 0 ? file : { ...file, ...changes };
  // kustomize refuses a file that says nothing; asking for build metadata is a way to say something.
  return isEmpty(merged) ? { ...merged, buildMetadata: ['originAnnotations'] } : merged;
}

/** Images are merged by name, field by field; a new tag drops the file's digest and the other way round. */
function mergeImages(existing: readonly unknown[], wanted: readonly SpecImage[]): unknown[] {
  const images = [...existing];
  for (const given of wanted) {
    const image = setFields(given);
    const index = images.findIndex((entry) => isFields(entry) && entry['name'] === image.name);
    if (index < 0) images.push(image);
    else images[index] = mergeImage(images[index] as Fields, image);
  }
  return images;
}

/** What an image of the spec asks for: empty texts ask for nothing, and a digest wins over a tag (flux-compat 3.1). */
function setFields({ name, newName, newTag, digest }: SpecImage): SpecImage {
  return {
    name,
    ...(newName ? { newName } : {}),
    ...(newTag && !digest ? { newTag } : {}),
    ...(digest ? { digest } : {}),
  };
}

function mergeImage(existing: Fields, image: SpecImage): Fields {
  const { newTag, digest, ...rest } = existing;
  const keepsVersion = image.newTag === undefined && image.digest === undefined;
  const version = keepsVersion ? { ...override('newTag', newTag), ...override('digest', digest) } : {};
  return { ...rest, ...version, ...image };
}

function override(field: string, value: unknown): Fields {
  return value === undefined ? {} : { [field]: value };
}

function append(file: Fields, field: string, added: readonly unknown[] | undefined): Fields {
  return added?.length ? { [field]: [...items(file[field]), ...added] } : {};
}

function isEmpty(file: Fields): boolean {
  return Object.entries(file).every(([field, value]) => {
    if (field === 'apiVersion' || field === 'kind') return true;
    return (
      value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
    );
  });
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
