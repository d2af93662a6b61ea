import { beforeAll, describe, expect } from 'vitest';
import type { Cluster } from '../../servers/cluster.js';
import { sharedControlPlane } from '../../servers/shared/shared-servers.js';
import { installKinds } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { type SchemaRow, schemaRows } from './schema.rows.js';

const types = {
  Kustomization: {
    group: 'kustomize.toolkit.fluxcd.io',
    plural: 'kustomizations',
    path: '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/default/kustomizations',
    spec: { interval: '1h', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } },
  },
  GitRepository: {
    group: 'source.toolkit.fluxcd.io',
    plural: 'gitrepositories',
    path: '/apis/source.toolkit.fluxcd.io/v1/namespaces/default/gitrepositories',
    spec: { interval: '1h', url: 'https://example.com/fleet' },
  },
};

let cluster: Cluster;
beforeAll(async () => {
  cluster = await sharedControlPlane();
  await installKinds(cluster);
});

/** The server checks and fills in, and stores nothing. */
async function runSchemaRow({ kind, spec, refused, becomes }: SchemaRow): Promise<void> {
  const { path, spec: right } = types[kind];
  const body = { metadata: { name: 'schema' }, spec: { ...right, ...spec } };
  const answer = await cluster.kube.send({
    method: 'POST',
    path: `${path}?dryRun=All`,
    body: { ...body, kind, apiVersion: path.split('/').slice(2, 4).join('/') },
  });
  if (refused !== undefined) {
    expect(answer.status).toBe(422);
    expect((answer.body as { message: string }).message).toContain(refused);
    return;
  }
  expect(answer).toMatchObject({ status: 201, body: { spec: becomes ?? {} } });
}

describe('the schema of the API', () => {
  testRows(schemaRows, runSchemaRow, { concurrency: 4 });
});

interface Version {
  readonly name: string;
  readonly additionalPrinterColumns: readonly { name: string; priority?: number }[];
}

interface ApiFacts {
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly columns: readonly string[];
}

/** As flux-compat 0 has them. */
const facts: Readonly<Record<keyof typeof types, ApiFacts>> = {
  Kustomization: {
    shortNames: ['ks'],
    categories: ['all', 'fluxcd', 'fluxcd-appliers'],
    columns: ['Age', 'Ready', 'Status'],
  },
  GitRepository: {
    shortNames: ['gitrepo'],
    categories: ['all', 'fluxcd', 'fluxcd-sources'],
    columns: ['URL', 'Age', 'Ready', 'Status'],
  },
};

describe('how the API shows its kinds', () => {
  const kinds = Object.keys(facts) as (keyof typeof types)[];
  const about = (behaviour: string) =>
    kinds.map((kind) => ({ section: '0', behaviour: `${kind} ${behaviour}`, kind }));

  testRows(about('has its short name and its categories'), async ({ kind }) => {
    const { shortNames, categories } = facts[kind];
    const path = types[kind].path.split('/').slice(0, 4).join('/');
    const { resources } = await cluster.kube.call<{ resources: Record<string, unknown>[] }>({ path });
    const found = resources.find(
      (resource) => resource['kind'] === kind && !String(resource['name']).includes('/'),
    );
    expect(found).toMatchObject({ shortNames, categories, namespaced: true });
  });

  testRows(about('shows these columns'), async ({ kind }) => {
    const { group, plural } = types[kind];
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
    const { spec } = await cluster.kube.call<{ spec: { versions: Version[] } }>({ path });
    const v1 = spec.versions.find(({ name }) => name === 'v1');
    const columns = v1?.additionalPrinterColumns.filter(({ priority }) => !priority) ?? [];
    const names = columns.map(({ name }) => name);
    expect(names).toEqual(facts[kind].columns);
  });

  testRows(about('is not observed before anybody has reconciled it'), async ({ kind }) => {
    const { path, spec } = types[kind];
    const apiVersion = path.split('/').slice(2, 4).join('/');
    const answer = await cluster.kube.send({
      method: 'POST',
      path: `${path}?dryRun=All`,
      body: { apiVersion, kind, metadata: { name: 'schema' }, spec },
    });
    expect(answer).toMatchObject({ status: 201, body: { status: { observedGeneration: -1 } } });
  });
});
