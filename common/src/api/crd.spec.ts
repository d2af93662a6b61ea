import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { KubeObject } from '../kube/object.js';
import { allKinds } from './all-kinds.js';
import { customResourceDefinition, structuralSchema } from './crd.js';
import { parseGitRepository } from './git-repository.js';
import { kustomizationDefinition, parseKustomization } from './kustomization.js';

function kustomization(spec: unknown): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'flux-system', name: 'apps' },
    spec,
  };
}

const minimal = { interval: '10m', prune: true, sourceRef: { kind: 'GitRepository', name: 'flux-system' } };

/** Keywords that a structural schema may not hold (a server refuses the whole definition). */
const forbidden = new Set(['$schema', '$ref', 'propertyNames', 'const', 'definitions', '~standard']);

function keywords(schema: unknown, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(schema)) for (const item of schema) keywords(item, found);
  else if (schema && typeof schema === 'object') {
    for (const [key, value] of Object.entries(schema)) {
      found.add(key);
      keywords(value, found);
    }
  }
  return found;
}

describe('a CustomResourceDefinition made from a kind', () => {
  it.each(allKinds.map((kind) => [kind.kind, kind] as const))('%s is structural', (_name, kind) => {
    const found = keywords(customResourceDefinition(kind));
    expect([...found].filter((key) => forbidden.has(key))).toEqual([]);
  });

  it('says in its status default that nothing was reconciled yet (flux-compat 0)', () => {
    const definition = customResourceDefinition(kustomizationDefinition);
    expect(definition).toMatchObject({
      metadata: { name: 'kustomizations.kustomize.toolkit.fluxcd.io' },
      spec: {
        scope: 'Namespaced',
        names: { shortNames: ['ks'], categories: ['all', 'fluxcd', 'fluxcd-appliers'] },
        versions: [
          {
            name: 'v1',
            storage: true,
            subresources: { status: {} },
            schema: {
              openAPIV3Schema: { properties: { status: { default: { observedGeneration: -1 } } } },
            },
          },
          { name: 'v1beta2', served: true, storage: false, deprecated: true },
          { name: 'v1beta1', served: true, storage: false, deprecated: true },
        ],
      },
    });
  });

  it('requires exactly what has no default (flux-compat 3.1)', () => {
    expect(structuralSchema(kustomizationDefinition.versions[0]!.spec)['required']).toEqual([
      'interval',
      'prune',
      'sourceRef',
    ]);
  });

  it('leaves the bounds of a safe integer out', () => {
    expect(structuralSchema(z.object({ n: z.number().int() }))).toEqual({
      type: 'object',
      properties: { n: { type: 'integer' } },
      required: ['n'],
    });
  });
});

describe('an object that is given the type of its kind', () => {
  it('gets the defaults of the contract (flux-compat 3.1)', () => {
    expect(parseKustomization(kustomization(minimal)).spec).toMatchObject({ force: false, ...minimal });
  });

  it('keeps its status as it is', () => {
    const object = { ...kustomization(minimal), status: { observedGeneration: -1 } };
    expect(parseKustomization(object).status).toEqual({ observedGeneration: -1 });
  });

  it.each([
    [{ ...minimal, interval: '10d' }, 'spec.interval'],
    [{ ...minimal, prune: undefined }, 'spec.prune'],
    [{ ...minimal, sourceRef: { kind: 'HelmChart', name: 'x' } }, 'spec.sourceRef.kind'],
  ])('is refused with the field named: %j', (spec, field) => {
    expect(() => parseKustomization(kustomization(spec))).toThrow(field);
    expect(() => parseKustomization(kustomization(spec))).toThrow(
      'Kustomization/flux-system/apps is invalid',
    );
  });

  it.each([
    ['https://example.com/fleet.git', true],
    ['ssh://git@example.com/fleet.git', true],
    ['git@example.com:fleet.git', false],
    ['file:///srv/fleet.git', false],
  ])('GitRepository url %s is accepted: %s (flux-compat 2.3)', (url, accepted) => {
    const object: KubeObject = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { namespace: 'flux-system', name: 'fleet' },
      spec: { url, interval: '1m' },
    };
    if (accepted) expect(parseGitRepository(object).spec.timeout).toBe('60s');
    else expect(() => parseGitRepository(object)).toThrow('spec.url');
  });
});
