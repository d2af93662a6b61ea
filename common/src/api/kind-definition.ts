import type { z } from 'zod';
import type { KubeObject, TypeRef } from '../kube/object.js';

/** A column that `kubectl get` prints. */
export interface PrinterColumn {
  name: string;
  type: 'string' | 'date';
  jsonPath: string;
}

/** One served version of a kind. */
export interface KindVersion {
  name: string;
  /** Exactly one version of a kind is stored. */
  storage: boolean;
  /** Set when the version is served only for manifests that people still have in Git. */
  deprecated?: boolean;
  /** What kubectl says to those who use it. */
  deprecationWarning?: string;
  spec: z.ZodObject;
  status: z.ZodObject;
  columns: readonly PrinterColumn[];
}

/** All that is needed to make a CustomResourceDefinition. */
export interface KindDefinition {
  group: string;
  kind: string;
  plural: string;
  shortNames: readonly string[];
  categories: readonly string[];
  description: string;
  versions: readonly KindVersion[];
}

const readyColumns: readonly PrinterColumn[] = [
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
];

/** The kind's own columns followed by those that every kind has (flux-compat 0). */
export function columns(...own: PrinterColumn[]): readonly PrinterColumn[] {
  return [...own, ...readyColumns];
}

/**
 * Versions that are served for old manifests alone. Conversion changes nothing but apiVersion, and what the stored
 * version does not know is lost: so all have its schema, and it holds the fields that only older versions had.
 */
export function olderVersions(kind: string, stored: KindVersion, ...names: string[]): KindVersion[] {
  const warning = (name: string): string => `${name} ${kind} is deprecated, upgrade to ${stored.name}`;
  return names.map((name) => {
    return { ...stored, name, storage: false, deprecated: true, deprecationWarning: warning(name) };
  });
}

/** The stored version of a kind as apiVersion and kind. */
export function storedType(definition: KindDefinition): TypeRef {
  const stored = definition.versions.find((version) => version.storage);
  if (!stored) throw new Error(`kind ${definition.kind} has no stored version`);
  return { apiVersion: `${definition.group}/${stored.name}`, kind: definition.kind };
}

/** Thrown when an object does not fit the schema of its kind. The message names every field. */
export class InvalidObjectError extends Error {
  override readonly name = 'InvalidObjectError';
}

/** Checks spec and fills defaults in, and gives the object its kind's type. @throws InvalidObjectError */
export function parseObject<T extends KubeObject>(object: KubeObject, spec: z.ZodType): T {
  const parsed = spec.safeParse(object.spec ?? {});
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`);
    const { namespace, name } = object.metadata;
    throw new InvalidObjectError(
      `${object.kind}/${namespace ?? ''}/${name} is invalid: ${fields.join('; ')}`,
    );
  }
  return { ...object, spec: parsed.data } as unknown as T;
}
