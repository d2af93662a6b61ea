import { afterEach, describe, expect, it } from 'vitest';
import { isPresignedBy, signatureFor } from '../../cloud/aws-signature.fixture.js';
import { awsSecret, startFakeClouds, type FakeClouds } from '../../cloud/fake-clouds.fixture.js';
import type { FakeAnswer, ReceivedRequest } from '../../cloud/fake-service.fixture.js';
import { createHash } from 'node:crypto';
import { clusterOfCloud, type CloudClusterSpec } from './cluster-of-cloud.js';
import type { CloudProvider } from './cloud-clusters.js';

const signal = new AbortController().signal;
const who = { namespace: 'team-a', name: 'robot' };
const annotations = {
  'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/r',
  'azure.workload.identity/client-id': 'client-1',
  'azure.workload.identity/tenant-id': 'tenant-1',
};
const ids: Readonly<Record<CloudProvider, string>> = {
  aws: 'arn:aws:eks:eu-west-1:111122223333:cluster/prod',
  azure: '/subscriptions/1-2/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/prod',
  gcp: 'projects/prj/locations/europe-west1/clusters/prod',
};
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The APIs that know clusters: each takes the token of its own cloud alone. */
function lookUp({ method, host, path, headers }: ReceivedRequest): FakeAnswer | undefined {
  const { authorization = '' } = headers;
  if (host === 'eks.eu-west-1.amazonaws.com') {
    if (!isSignedForEks(method, path, headers, authorization))
      return { status: 403, body: { message: 'signature' } };
    const data = base64('EKS CA');
    return { body: { cluster: { endpoint: 'https://eks.example.com', certificateAuthority: { data } } } };
  }
  if (host === 'management.azure.com') {
    if (authorization !== 'Bearer azure token for https://management.azure.com/.default')
      return { status: 403, body: {} };
    const cluster = {
      server: 'https://aks.example.com:443/',
      'certificate-authority-data': base64('AKS CA'),
    };
    return { body: { kubeconfigs: [{ value: base64(JSON.stringify({ clusters: [{ cluster }] })) }] } };
  }
  if (host !== 'container.googleapis.com' || path !== `/v1/${ids.gcp}`) return undefined;
  if (!/^Bearer (federated by|token of the node)/.test(authorization)) return { status: 401, body: {} };
  return { body: { endpoint: '10.0.0.1', masterAuth: { clusterCaCertificate: base64('GKE CA') } } };
}

function isSignedForEks(
  method: string,
  path: string,
  headers: ReceivedRequest['headers'],
  authorization: string,
): boolean {
  const [, scope = '', names = '', signature] =
    /Credential=ASIA\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(authorization) ?? [];
  const lines = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const empty = createHash('sha256').update('').digest('hex');
  const canonical = `${method}\n${path}\n\n${lines.join('')}\n${names}\n${empty}`;
  return signatureFor(awsSecret, scope, String(headers['x-amz-date']), canonical) === signature;
}

let clouds: FakeClouds | undefined;
afterEach(() => clouds?.stop());

async function find(provider: CloudProvider, more: Partial<CloudClusterSpec> = {}) {
  clouds = await startFakeClouds(annotations, lookUp);
  const { clock } = clouds;
  const deps = { identities: clouds.identities(), clock: { now: () => clock.now } as never };
  const spec = { provider, cluster: ids[provider], who, where: 'ConfigMap', ...more };
  const config = await clusterOfCloud(deps, spec, signal);
  const again = await clusterOfCloud(deps, spec, signal);
  return { cluster: config.open(), key: config.key, again, requests: clouds.service.requests };
}

const bearer = async ({ cluster }: Awaited<ReturnType<typeof find>>): Promise<string> =>
  (await cluster.credentials.read()).headers['authorization'] ?? '';

describe('kubeConfig.configMapRef with the provider of a cloud (flux-compat 3.10)', () => {
  it('aws: address and authority of EKS, and a token that STS would take for this cluster alone', async () => {
    const found = await find('aws');
    const token = (await bearer(found)).replace('Bearer k8s-aws-v1.', '');
    const address = Buffer.from(token, 'base64url').toString();

    expect(found.cluster).toMatchObject({ server: 'https://eks.example.com', tls: { ca: 'EKS CA' } });
    expect(new URL(address).host).toBe('sts.eu-west-1.amazonaws.com');
    expect(isPresignedBy(awsSecret, address, { 'x-k8s-aws-id': 'prod' })).toBe(true);
    expect(isPresignedBy(awsSecret, address, { 'x-k8s-aws-id': 'other' })).toBe(false);
  });

  it('azure: address and authority of AKS, and a token for its server', async () => {
    const found = await find('azure');
    expect(found.cluster).toMatchObject({ server: 'https://aks.example.com:443', tls: { ca: 'AKS CA' } });
    expect(await bearer(found)).toBe('Bearer azure token for 6dae42f8-4368-4678-94ff-3960e28e3630/.default');
  });

  it('gcp: address and authority of GKE, and an access token', async () => {
    const found = await find('gcp');
    expect(found.cluster).toMatchObject({ server: 'https://10.0.0.1', tls: { ca: 'GKE CA' } });
    expect(await bearer(found)).toMatch(/^Bearer federated by identitynamespace:/);
  });

  it('the cloud is asked for the address once, and the same connection is used', async () => {
    const { key, again, requests } = await find('azure');
    expect(again.key).toBe(key);
    expect(requests.filter(({ host }) => host === 'management.azure.com')).toHaveLength(1);
  });

  it('with a ServiceAccount another address and authority are taken, without a question', async () => {
    const { cluster, requests } = await find('gcp', { address: 'https://proxy.example.com/', ca: 'MY CA' });
    expect(cluster).toMatchObject({ server: 'https://proxy.example.com', tls: { ca: 'MY CA' } });
    expect(requests).toEqual([]);
  });

  it('tokens of the agent go to no address but those of the cluster', async () => {
    const stolen = find('gcp', { who: undefined, address: 'https://evil.example.com', ca: 'MY CA' });
    await expect(stolen).rejects.toThrow(
      "ConfigMap: data.address 'https://evil.example.com' is none of the cluster (https://10.0.0.1)",
    );
  });

  it.each<[CloudProvider, string]>([
    ['aws', 'prod'],
    ['azure', '/subscriptions/1/../../evil'],
    ['gcp', 'projects/p/locations/l/clusters/c/../../x'],
  ])('%s: %s is no cluster', async (provider, cluster) => {
    await expect(find(provider, { cluster })).rejects.toThrow(
      `data.cluster '${cluster}' is no cluster of ${provider}`,
    );
  });
});
