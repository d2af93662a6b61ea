import { afterEach, describe, expect, it } from 'vitest';
import { isPresignedBy } from './aws-signature.fixture.js';
import { startFakeClouds, start, awsSecret, type FakeClouds } from './fake-clouds.fixture.js';
import { presignAws } from './sign-aws.js';

const signal = new AbortController().signal;
const who = { namespace: 'team-a', name: 'robot' };
const place = { region: 'eu-west-1', domain: 'amazonaws.com' };
const role = 'arn:aws:iam::111122223333:role/robot';

let clouds: FakeClouds | undefined;
afterEach(() => clouds?.stop());

const open = async (annotations: Record<string, string> = {}): Promise<FakeClouds> =>
  (clouds = await startFakeClouds(annotations));

describe('a ServiceAccount in AWS', () => {
  it('assumes the role of its annotation with a token for STS alone', async () => {
    const { identities, issued, service } = await open({ 'eks.amazonaws.com/role-arn': role });
    const credentials = await identities().aws(who, place, signal);

    expect(credentials).toEqual({
      accessKeyId: 'ASIA',
      secretAccessKey: awsSecret,
      sessionToken: `session of ${role}`,
    });
    expect(issued).toEqual(['team-a/robot for sts.amazonaws.com']);
    expect(service.requests[0]?.host).toBe('sts.eu-west-1.amazonaws.com');
    expect(new URLSearchParams(service.requests[0]?.body).get('RoleSessionName')).toBe('team-a.robot');
    expect(service.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('is asked for once, and again before its credentials end', async () => {
    const { identities, service, clock } = await open({ 'eks.amazonaws.com/role-arn': role });
    const known = identities();
    await Promise.all([known.aws(who, place, signal), known.aws(who, place, signal)]);
    await known.aws(who, place, signal);
    expect(service.requests).toHaveLength(1);
    clock.now += 56 * 60_000;
    await known.aws(who, place, signal);
    expect(service.requests).toHaveLength(2);
  });

  it.each([
    ['--token-cache-max-size=0: each is asked for anew', { maxSize: 0, maxDurationMs: 3_600_000 }, 0, 2],
    ['--token-cache-max-size=1: the last one is kept', { maxSize: 1, maxDurationMs: 3_600_000 }, 0, 1],
    ['--token-cache-max-duration: kept until then', { maxSize: 1, maxDurationMs: 60_000 }, 59_000, 1],
    ['--token-cache-max-duration: not for longer', { maxSize: 1, maxDurationMs: 60_000 }, 61_000, 2],
  ])('%s', async (_, limits, laterMs, requests) => {
    const { identities, service, clock } = await open({ 'eks.amazonaws.com/role-arn': role });
    const known = identities({}, limits);
    await known.aws(who, place, signal);
    clock.now += laterMs;
    await known.aws(who, place, signal);
    expect(service.requests).toHaveLength(requests);
  });

  it('is nobody else: another account is asked for on its own', async () => {
    const { identities, service } = await open({ 'eks.amazonaws.com/role-arn': role });
    const known = identities();
    await known.aws(who, place, signal);
    await known.aws({ ...who, namespace: 'team-b' }, place, signal);
    expect(service.requests.map(({ body }) => new URLSearchParams(body).get('WebIdentityToken'))).toEqual([
      'jwt team-a/robot sts.amazonaws.com',
      'jwt team-b/robot sts.amazonaws.com',
    ]);
  });
});

describe('the agent itself in AWS', () => {
  it('assumes its role with the token file', async () => {
    const { identities } = await open();
    const env = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' };
    expect(await identities({ env }).aws(undefined, place, signal)).toMatchObject({ accessKeyId: 'ASIA' });
  });

  it('takes keys of its environment', async () => {
    const { identities } = await open();
    const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's' };
    expect(await identities({ env }).aws(undefined, place, signal)).toEqual({
      accessKeyId: 'AKIA',
      secretAccessKey: 's',
    });
  });

  it('asks the agent of EKS Pod Identity with the token of its file', async () => {
    clouds = await startFakeClouds({}, ({ host, headers }) =>
      host === '169.254.170.23' && headers.authorization === 'file /pod'
        ? {
            body: {
              AccessKeyId: 'POD',
              SecretAccessKey: 's',
              Token: 't',
              Expiration: new Date(start + 1e6).toISOString(),
            },
          }
        : undefined,
    );
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/pod',
    };
    expect(await clouds.identities({ env }).aws(undefined, place, signal)).toMatchObject({
      accessKeyId: 'POD',
    });
  });
});

it('an address that is presigned verifies as AWS verifies it', () => {
  const headers = { 'x-k8s-aws-id': 'prod' };
  const address = presignAws(
    {
      region: 'eu-west-1',
      service: 'sts',
      url: 'https://sts.eu-west-1.amazonaws.com/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers,
      expiresSeconds: 60,
    },
    { accessKeyId: 'ASIA', secretAccessKey: awsSecret, sessionToken: 'a+b/c==' },
    start,
  );

  expect(isPresignedBy(awsSecret, address, headers)).toBe(true);
  expect(isPresignedBy('other', address, headers)).toBe(false);
  expect(isPresignedBy(awsSecret, address, { 'x-k8s-aws-id': 'other' })).toBe(false);
});

describe('Azure', () => {
  const annotations = {
    'azure.workload.identity/client-id': 'client-1',
    'azure.workload.identity/tenant-id': 'tenant-1',
  };

  it('gives the application of a ServiceAccount a token for the scope', async () => {
    const { identities, issued } = await open(annotations);
    expect(await identities().azure(who, 'x/.default', signal)).toBe('azure token for x/.default');
    expect(issued).toEqual(['team-a/robot for api://AzureADTokenExchange']);
  });

  it('gives the agent one by its token file', async () => {
    const { identities } = await open();
    const env = {
      AZURE_TENANT_ID: 'tenant-1',
      AZURE_CLIENT_ID: 'client-1',
      AZURE_FEDERATED_TOKEN_FILE: '/azure',
    };
    expect(await identities({ env }).azure(undefined, 'y', signal)).toBe('azure token for y');
  });

  it('is asked again for a token that was refused', async () => {
    const { identities, service } = await open(annotations);
    const known = identities();
    known.forget(await known.azure(who, 'x', signal));
    await Promise.resolve();
    await known.azure(who, 'x', signal);
    expect(service.requests).toHaveLength(2);
  });
});

describe('Google Cloud', () => {
  it('knows a ServiceAccount by the pool of the GKE cluster', async () => {
    const { identities, issued } = await open();
    expect(await identities().gcp(who, signal)).toBe(
      'federated by identitynamespace:prj.svc.id.goog:https://container.googleapis.com/v1/projects/prj/locations/europe-west1/clusters/here',
    );
    expect(issued).toEqual(['team-a/robot for prj.svc.id.goog']);
  });

  it('knows it by the provider of its annotation, and lets it act as an account of Google', async () => {
    const { identities } = await open({
      'gcp.auth.fluxcd.io/workload-identity-provider':
        'projects/1/locations/global/workloadIdentityPools/p/providers/q',
      'iam.gke.io/gcp-service-account': 'robot@prj.iam.gserviceaccount.com',
    });
    expect(await identities().gcp(who, signal)).toBe('google token of robot@prj.iam.gserviceaccount.com');
  });

  it('gives the agent the token of the metadata server', async () => {
    const { identities } = await open();
    expect(await identities().gcp(undefined, signal)).toBe('token of the node');
  });
});

describe('what is missing is named', () => {
  it.each<[string, (identities: ReturnType<FakeClouds['identities']>) => Promise<unknown>, RegExp]>([
    [
      'an account without a role',
      (known) => known.aws(who, place, signal),
      /^ServiceAccount 'team-a\/robot' has no annotation eks\.amazonaws\.com\/role-arn$/,
    ],
    [
      'an agent that AWS does not know',
      (known) => known.aws(undefined, place, signal),
      /AWS_WEB_IDENTITY_TOKEN_FILE/,
    ],
    [
      'an agent that Azure does not know',
      (known) => known.azure(undefined, 'x', signal),
      /AZURE_FEDERATED_TOKEN_FILE/,
    ],
    [
      'an account that is not there',
      (known) => known.gcp({ ...who, name: 'gone' }, signal),
      /^serviceaccounts "gone" not found in namespace 'team-a'$/,
    ],
  ])('%s', async (_what, ask, message) => {
    const { identities } = await open();
    await expect(ask(identities())).rejects.toThrow(message);
  });

  it('what AWS says, without the token', async () => {
    const { identities } = await open();
    const env = { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: '/another' };
    await expect(identities({ env }).aws(undefined, place, signal)).rejects.toThrow(
      `failed to assume role '${role}': status 403: not authorized`,
    );
  });
});
