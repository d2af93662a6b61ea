import { parseYaml } from '@flotilla/common/yaml/parse';
import { z } from 'zod';
import { awsDomain } from '../../cloud/aws-identity.js';
import type { CloudIdentities, Who } from '../../cloud/cloud-identities.js';
import { fieldsOf } from '../../cloud/http-json.js';
import { presignAws, signAws } from '../../cloud/sign-aws.js';

export const cloudProviders = ['aws', 'azure', 'gcp'] as const;
export type CloudProvider = (typeof cloudProviders)[number];

/** A cluster as its cloud names it. */
export interface CloudCluster {
  provider: CloudProvider;
  /** ARN in AWS, resource ID in Azure, `projects/…/locations/…/clusters/…` in Google Cloud. */
  id: string;
}

/** How a cluster of a cloud is reached. */
export interface CloudEndpoint {
  server: string;
  /** PEM. */
  ca?: string;
}

const shapes: Readonly<Record<CloudProvider, RegExp>> = {
  aws: /^arn:(aws[\w-]*):eks:([a-z0-9-]+):\d+:cluster\/([\w-]+)$/,
  azure:
    /^\/subscriptions\/[\w-]+\/resourceGroups\/[\w.()-]+\/providers\/Microsoft\.ContainerService\/managedClusters\/[\w-]+$/i,
  gcp: /^projects\/[\w:.-]+\/locations\/[\w-]+\/clusters\/[\w-]+$/,
};

/** True when this names a cluster of the provider. */
export function isClusterId({ provider, id }: CloudCluster): boolean {
  return shapes[provider].test(id);
}

const management = 'https://management.azure.com';
/** The application that AKS takes tokens for. */
const aksServer = '6dae42f8-4368-4678-94ff-3960e28e3630/.default';

/** Asks the cloud for the address and the authority of a cluster. @throws Error with what the cloud says */
export async function findEndpoint(
  identities: CloudIdentities,
  cluster: CloudCluster,
  who: Who,
  signal: AbortSignal,
): Promise<CloudEndpoint[]> {
  if (cluster.provider === 'aws') return await endpointOfEks(identities, cluster.id, who, signal);
  if (cluster.provider === 'azure') return await endpointsOfAks(identities, cluster.id, who, signal);
  return await endpointOfGke(identities, cluster.id, who, signal);
}

/** A token that the API server of the cluster takes, and how long it may be used. */
export async function clusterToken(
  identities: CloudIdentities,
  cluster: CloudCluster,
  who: Who,
  signal: AbortSignal,
): Promise<string> {
  if (cluster.provider === 'azure') return await identities.azure(who, aksServer, signal);
  if (cluster.provider === 'gcp') return await identities.gcp(who, signal);
  const { region, domain, name } = partsOfArn(cluster.id);
  const address = presignAws(
    {
      region,
      service: 'sts',
      url: `https://sts.${region}.${domain}/`,
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { 'x-k8s-aws-id': name },
      expiresSeconds: 60,
    },
    await identities.aws(who, { region, domain }, signal),
    identities.deps.now(),
  );
  return `k8s-aws-v1.${Buffer.from(address).toString('base64url')}`;
}

function partsOfArn(id: string): { region: string; domain: string; name: string } {
  const [, partition = '', region = '', name = ''] = shapes.aws.exec(id) ?? [];
  return { region, domain: awsDomain(partition), name };
}

const Eks = z.object({
  cluster: z.object({ endpoint: z.url(), certificateAuthority: z.object({ data: z.string() }) }),
});

async function endpointOfEks(
  identities: CloudIdentities,
  id: string,
  who: Who,
  signal: AbortSignal,
): Promise<CloudEndpoint[]> {
  const { region, domain, name } = partsOfArn(id);
  const url = `https://eks.${region}.${domain}/clusters/${name}`;
  const request = { method: 'GET', region, service: 'eks', url, headers: {}, body: '' } as const;
  const credentials = await identities.aws(who, { region, domain }, signal);
  const headers = signAws(request, credentials, identities.deps.now());
  const answer = await identities.deps.send({ method: 'GET', url, headers, signal });
  const { cluster } = read(Eks, fieldsOf(answer, `looking up '${id}'`), id);
  return [{ server: plain(cluster.endpoint), ca: decoded(cluster.certificateAuthority.data) }];
}

const Aks = z.object({ kubeconfigs: z.array(z.object({ value: z.string() })).min(1) });
const Kubeconfig = z.object({
  clusters: z
    .array(
      z.object({
        cluster: z.object({ server: z.url(), 'certificate-authority-data': z.string().optional() }),
      }),
    )
    .min(1),
});

async function endpointsOfAks(
  identities: CloudIdentities,
  id: string,
  who: Who,
  signal: AbortSignal,
): Promise<CloudEndpoint[]> {
  const token = await identities.azure(who, `${management}/.default`, signal);
  const answer = await identities.deps.send({
    method: 'POST',
    url: `${management}${id}/listClusterUserCredential?api-version=2024-09-01`,
    headers: { authorization: `Bearer ${token}` },
    signal,
  });
  const { kubeconfigs } = read(Aks, fieldsOf(answer, `looking up '${id}'`), id);
  return kubeconfigs.flatMap(({ value }) =>
    read(Kubeconfig, parseYaml(decoded(value)), id).clusters.map(({ cluster }) => {
      const ca = cluster['certificate-authority-data'];
      return { server: plain(cluster.server), ...(ca ? { ca: decoded(ca) } : {}) };
    }),
  );
}

const Gke = z.object({
  endpoint: z.string().min(1),
  masterAuth: z.object({ clusterCaCertificate: z.string() }),
});

async function endpointOfGke(
  identities: CloudIdentities,
  id: string,
  who: Who,
  signal: AbortSignal,
): Promise<CloudEndpoint[]> {
  const answer = await identities.deps.send({
    method: 'GET',
    url: `https://container.googleapis.com/v1/${id}`,
    headers: { authorization: `Bearer ${await identities.gcp(who, signal)}` },
    signal,
  });
  const { endpoint, masterAuth } = read(Gke, fieldsOf(answer, `looking up '${id}'`), id);
  return [{ server: `https://${endpoint}`, ca: decoded(masterAuth.clusterCaCertificate) }];
}

function read<T>(schema: z.ZodType<T>, value: unknown, id: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`looking up '${id}' failed: the answer has no ${issue?.path.join('.')}`);
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function plain(address: string): string {
  return address.replace(/\/+$/, '');
}
