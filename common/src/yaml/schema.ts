import {
  type MappingTagDefinition,
  type ScalarTagDefinition,
  type TagDefinition,
  NOT_RESOLVED,
  Schema,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  mergeTag,
  seqTag,
  strTag,
} from 'js-yaml';
import { meaningfulFirstChars, readPlainScalar } from './plain-scalar.js';

const prefix = 'tag:yaml.org,2002:';

// One implicit tag for all plain scalars: the dialect decides by the text alone, so one look is enough.
const plain = defineScalarTag<unknown>(`${prefix}null`, {
  implicit: true,
  implicitFirstChars: meaningfulFirstChars,
  resolve: (source, isExplicit) => {
    const scalar = readPlainScalar(source);
    if (isExplicit) return scalar.kind === 'null' ? null : NOT_RESOLVED;
    return scalar.kind === 'string' ? NOT_RESOLVED : scalar.value;
  },
  identify: () => false,
});

function explicit(name: string, read: (source: string) => unknown): ScalarTagDefinition {
  return defineScalarTag<unknown>(prefix + name, { resolve: read, identify: () => false });
}

function ofKind(...kinds: readonly string[]): (source: string) => unknown {
  return (source) => {
    const scalar = readPlainScalar(source);
    return kinds.includes(scalar.kind) ? scalar.value : NOT_RESOLVED;
  };
}

function decodeBinary(source: string): unknown {
  try {
    return new TextDecoder().decode(
      Uint8Array.from(atob(source.replace(/\s/g, '')), (char) => char.charCodeAt(0)),
    );
  } catch {
    return NOT_RESOLVED;
  }
}

const unusableKey = 'a mapping key must be a string, number or boolean';

/** The JSON form of a key; keys are strings in JSON, so `true: a` and `"true": a` are the same key. */
function keyText(key: unknown): string | undefined {
  return key === null || typeof key === 'object'
    ? undefined
    : String(key as string | number | bigint | boolean);
}

const map: MappingTagDefinition<Record<string, unknown>> = defineMappingTag<Record<string, unknown>>(
  `${prefix}map`,
  {
    create: () => ({}),
    identify: () => false,
    has: (object, key) => Object.hasOwn(object, keyText(key) ?? ''),
    keys: (object) => Object.keys(object),
    get: (object, key) => object[keyText(key) ?? ''],
    addPair: (object, key, value) => {
      const text = keyText(key);
      if (text === undefined) return unusableKey;
      if (text === '__proto__') {
        Object.defineProperty(object, text, { value, enumerable: true, configurable: true, writable: true });
      } else object[text] = value;
      return '';
    },
  },
);

// A tag of somebody's own ("!Ref x") says nothing to Kubernetes; its node is read as if it had no tag.
const localTags: readonly TagDefinition[] = [
  defineScalarTag<string>('!', {
    matchByTagPrefix: true,
    resolve: (source) => source,
    identify: () => false,
  }),
  defineSequenceTag<unknown[]>('!', {
    matchByTagPrefix: true,
    create: () => [],
    addItem: (list, item) => void list.push(item),
    identify: () => false,
  }),
  { ...map, tagName: '!', matchByTagPrefix: true },
];

/** YAML as Kubernetes tooling reads it (flux-compat 3.5): YAML 1.1 scalars without timestamps and base-60 numbers. */
export const kubernetesSchema = new Schema([
  strTag,
  seqTag,
  map,
  plain,
  mergeTag,
  explicit('bool', ofKind('bool')),
  explicit('int', ofKind('int')),
  explicit('float', (source) => {
    const value = ofKind('int', 'float')(source);
    return typeof value === 'bigint' ? Number(value) : value;
  }),
  explicit('timestamp', (source) => source),
  explicit('binary', decodeBinary),
  ...localTags,
]);
