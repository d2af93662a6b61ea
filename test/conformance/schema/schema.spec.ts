import { beforeAll, describe, expect } from 'vitest';
import type { Cluster } from '../../servers/cluster.js';
import { sharedControlPlane } from '../../servers/shared/shared-servers.js';
import { installKinds } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { type SchemaRow, schemaRows } from './schema.rows.js';

const types = {
  Kustomization: {
    path: '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/default/kustomizations',
    spec: { interval: '1h', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } },
  },
  GitRepository: {
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
