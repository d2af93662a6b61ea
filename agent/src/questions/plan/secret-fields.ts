import { formatRef, groupOf, refOf, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import { differingPaths, type FieldPath } from '../../ssa/drift-paths.js';

/** More differences of one object than this, and all of it counts as secret. */
const mostPaths = 1_000;
/** What kustomize puts at the end of generated names: a digest of the contents, by its own alphabet. */
const generatedSuffix = /-[bcdfghkmt2456789]{10}$/;

/** The parts of a Secret that may be told, unless a value of a Secret is in them. */
const openOfSecrets: readonly FieldPath[] = [['type'], ['immutable'], ['metadata', 'labels']];

type Hidden = 'all' | readonly FieldPath[];

/**
 * Which fields of objects hold values of Secrets: those of Secrets themselves, and those that come out differently
 * when the same manifests are made with other values in place of the secret ones. So it does not matter what a
 * manifest does with a value before it puts it somewhere.
 */
export class SecretFields {
  /** Nothing secret went into the objects. */
  static readonly none = new SecretFields(new Map(), new Set(), false);
  /** Nobody knows what went into them. */
  static readonly everything = new SecretFields(new Map(), new Set(), true);

  private constructor(
    private readonly hidden: ReadonlyMap<string, Hidden>,
    private readonly names: ReadonlySet<string>,
    private readonly isAll: boolean,
  ) {}

  /** Compares objects with the same ones made without the secrets, one by one in their order. */
  static between(objects: readonly KubeObject[], blind: readonly KubeObject[]): SecretFields {
    if (objects.length !== blind.length) return SecretFields.everything;
    const hidden = new Map<string, Hidden>();
    const names = new Set<string>();
    for (const [index, object] of objects.entries()) {
      const other = blind[index]!;
      const key = keyOf(refOf(object));
      if (key === keyOf(refOf(other)) || isGenerated(object, other)) {
        const paths = differingPaths(object, other, mostPaths);
        if (paths.length > 0) hidden.set(key, paths.length === mostPaths ? 'all' : paths);
      } else {
        hidden.set(key, 'all');
        names.add(key);
      }
    }
    return new SecretFields(hidden, names, false);
  }

  /** Whether the value at this place must not be told. Positions in lists do not count: a server may reorder them. */
  hides(ref: ObjectRef, path: FieldPath): boolean {
    if (isSecret(ref) && !openOfSecrets.some((open) => isWithin(path, open))) return true;
    if (this.isAll) return true;
    const paths = this.hidden.get(keyOf(ref));
    return paths === 'all' || (paths ?? []).some((other) => isWithin(path, other) || isWithin(other, path));
  }

  /** Whether anything of the object must not be told, so that what a server says about it must not be, either. */
  hidesSome(ref: ObjectRef): boolean {
    return this.isAll || this.hidden.has(keyOf(ref));
  }

  /** Whether the name of the object itself was made of a secret. */
  hidesName(ref: ObjectRef): boolean {
    return this.names.has(keyOf(ref));
  }
}

/** A Secret, by whatever version. */
function isSecret({ apiVersion, kind }: ObjectRef): boolean {
  return kind === 'Secret' && !apiVersion.includes('/');
}

function isWithin(path: FieldPath, folder: FieldPath): boolean {
  return folder.every((key, index) => {
    const own = path[index];
    return typeof key === 'number' ? typeof own === 'number' : own === key;
  });
}

function isGenerated(object: KubeObject, blind: KubeObject): boolean {
  return baseOf(refOf(object)) === baseOf(refOf(blind));
}

function baseOf(ref: ObjectRef): string {
  return keyOf({ ...ref, name: ref.name.replace(generatedSuffix, '') });
}

function keyOf(ref: ObjectRef): string {
  return `${groupOf(ref.apiVersion)}/${formatRef(ref)}`;
}
