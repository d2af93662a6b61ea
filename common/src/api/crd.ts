import { z } from 'zod';
import type { KubeObject } from '../kube/object.js';
import type { KindDefinition, KindVersion } from './kind-definition.js';

type JsonSchema = Record<string, unknown>;

/**
 * The CustomResourceDefinition of a kind, made from its schemas. Everything is plain structural schema:
 * no CEL rule, so that every API server from 1.20 on checks the same, and `kubectl apply` takes it as it is.
 */
export function customResourceDefinition(definition: KindDefinition): KubeObject {
  const { group, kind, plural } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/part-of': 'flotilla' },
      // flux-compat 9.1: substitution of variables must leave the CRDs alone.
      annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(definition.shortNames.length > 0 ? { shortNames: [...definition.shortNames] } : {}),
        categories: [...definition.categories],
      },
      versions: definition.versions.map((version) => crdVersion(definition, version)),
    },
  };
}

function crdVersion(definition: KindDefinition, version: KindVersion): JsonSchema {
  return {
    name: version.name,
    served: true,
    storage: version.storage,
    ...(version.deprecated ? { deprecated: true } : {}),
    ...(version.deprecationWarning ? { deprecationWarning: version.deprecationWarning } : {}),
    additionalPrinterColumns: version.columns.map((column) => ({ ...column })),
    schema: {
      openAPIV3Schema: {
        description: definition.description,
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { type: 'object' },
          spec: structuralSchema(version.spec),
          // flux-compat 0: -1 tells that no controller has seen the object yet.
          status: { ...structuralSchema(version.status), default: { observedGeneration: -1 } },
        },
      },
    },
    subresources: { status: {} },
  };
}

/** The structural schema that an API server takes for a zod object. */
export function structuralSchema(schema: z.ZodType): JsonSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const safeIntegerBounds = jsonSchema as { minimum?: unknown; maximum?: unknown };
      if (safeIntegerBounds.minimum === Number.MIN_SAFE_INTEGER) delete safeIntegerBounds.minimum;
      if (safeIntegerBounds.maximum === Number.MAX_SAFE_INTEGER) delete safeIntegerBounds.maximum;
      if (zodSchema._zod.def.type === 'record')
        delete (jsonSchema as { propertyNames?: unknown }).propertyNames;
    },
  }) as JsonSchema;
  // '~standard' is zod's own and not enumerable.
  const { $schema: _dialect, ...structural } = json;
  return structural;
}
