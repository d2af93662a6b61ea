import type { KubeObject } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { NoKindMatchError } from '../../kube/errors.js';
import { asServed, entriesAsServed, type Served } from './as-served.js';

/** A server that knows ClusterIssuers and Issuers, and counts what it is asked. */
function server(): Served & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    signal: new AbortController().signal,
    discovery: {
      resource: async ({ apiVersion, kind }) => {
        asked.push(kind);
        if (kind === 'Issue') throw new Error('the server is away');
        if (!kind.endsWith('Issuer')) throw new NoKindMatchError({ apiVersion, kind });
        const namespaced = kind === 'Issuer';
        return { apiVersion, kind, resource: 'x', namespaced, verbs: [], subresources: [] };
      },
      invalidate: () => undefined,
      serverVersion: async () => 'v1.20.2',
    },
  };
}

function object(kind: string, apiVersion = 'certs.example.com/v1', namespace?: string): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', ...(namespace ? { namespace } : {}) } };
}

const definition = (kind: string, scope: string): KubeObject => ({
  ...object('CustomResourceDefinition', 'apiextensions.k8s.io/v1'),
  spec: { group: 'new.example.com', names: { kind }, scope },
});

describe('the namespaces of objects, as the server sees them', () => {
  it.each<[string, KubeObject, string | undefined]>([
    ['a cluster-wide custom kind has none', object('ClusterIssuer', undefined, 'apps'), undefined],
    ['a namespaced custom kind keeps its own', object('Issuer', undefined, 'apps'), 'apps'],
    ['a kind that is not served stays as it is', object('Unknown', undefined, 'apps'), 'apps'],
    ['a kind that cannot be asked for stays as it is', object('Issue', undefined, 'apps'), 'apps'],
    ['a kind of this build is what it defines', object('Site', 'new.example.com/v1', 'apps'), undefined],
    ['a namespaced one too', object('Room', 'new.example.com/v1', 'apps'), 'apps'],
    ['a kind of Kubernetes keeps its own', object('Deployment', 'apps/v1', 'apps'), 'apps'],
  ])('%s', async (_, given, expected) => {
    const build = [definition('Site', 'Cluster'), definition('Room', 'Namespaced'), given];
    const [, , served] = await asServed(build, server());
    expect(served?.metadata).toEqual({ name: 'x', ...(expected ? { namespace: expected } : {}) });
  });

  it('each kind is asked for once, and none where there is nothing to find out', async () => {
    const served = server();
    const issuer = object('ClusterIssuer', undefined, 'apps');
    await asServed([issuer, issuer, object('Issuer'), object('ConfigMap', 'v1', 'apps')], served);
    expect(served.asked).toEqual(['ClusterIssuer']);
  });

  it('the given objects stay as they are', async () => {
    const given = object('ClusterIssuer', undefined, 'apps');
    await asServed([given], server());
    expect(given.metadata.namespace).toBe('apps');
  });
});

describe('an inventory, as the server would name its objects', () => {
  it('has no namespace for what has none, and names nothing twice', async () => {
    const entry = (id: string) => ({ id, v: 'v1' });
    const entries = [
      'apps_x_certs.example.com_ClusterIssuer',
      '_x_certs.example.com_ClusterIssuer',
      'apps_x_certs.example.com_Issuer',
      'apps_x__ConfigMap',
      'no id',
    ].map(entry);
    expect(await entriesAsServed(entries, server())).toEqual(
      [
        '_x_certs.example.com_ClusterIssuer',
        'apps_x_certs.example.com_Issuer',
        'apps_x__ConfigMap',
        'no id',
      ].map(entry),
    );
  });
});
