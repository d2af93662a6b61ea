import type { NamespacedName, ObjectRef } from '@flotilla/common/kube/object';
import { CloudIdentities } from './cloud-identities.js';
import type { CloudDeps, TokenCacheLimits } from './cloud-deps.js';
import {
  startFakeService,
  type FakeAnswer,
  type FakeService,
  type ReceivedRequest,
} from './fake-service.fixture.js';

/** Clouds on loopback that take what the real ones take, and nothing else. */
export interface FakeClouds {
  service: FakeService;
  readonly identities: (over?: Partial<CloudDeps>, limits?: TokenCacheLimits) => CloudIdentities;
  /** Milliseconds since the epoch; a test moves it on. */
  clock: { now: number };
  /** Tokens of ServiceAccounts that were asked for. */
  issued: string[];
  readonly stop: () => Promise<void>;
}

export const start = Date.UTC(2026, 0, 1, 12);
export const awsSecret = 'aws/secret+key';
const inAnHour = (now: number): string => new Date(now + 3_600_000).toISOString();

/** Starts the clouds, and a cluster whose ServiceAccounts have these annotations. */
export async function startFakeClouds(
  annotations: Readonly<Record<string, string>>,
  more: (request: ReceivedRequest) => FakeAnswer | undefined = () => undefined,
): Promise<FakeClouds> {
  const clock = { now: start };
  const issued: string[] = [];
  const service = await startFakeService(
    (request) =>
      more(request) ??
      answerOf(request, clock.now) ?? { status: 404, body: { message: `no ${request.host}${request.path}` } },
  );
  const client = {
    get: async (ref: ObjectRef) =>
      ref.name === 'gone' ? undefined : { ...ref, metadata: { name: ref.name, annotations } },
    requestToken: async (
      { namespace, name }: NamespacedName,
      { audiences }: { audiences: readonly string[] },
    ) => {
      issued.push(`${namespace}/${name} for ${audiences.join()}`);
      return { token: `jwt ${namespace}/${name} ${audiences.join()}`, expiresAt: inAnHour(clock.now) };
    },
  };
  return {
    service,
    clock,
    issued,
    identities: (over = {}, limits) =>
      new CloudIdentities(
        {
          send: service.send,
          now: () => clock.now,
          env: {},
          readFile: async (path) => `file ${path}\n`,
          ...over,
        },
        client as unknown as ConstructorParameters<typeof CloudIdentities>[1],
        limits,
      ),
    stop: () => service.stop(),
  };
}

function answerOf(request: ReceivedRequest, now: number): FakeAnswer | undefined {
  const { host, path } = request;
  if (/^sts\.[a-z0-9-]+\.amazonaws\.com$/.test(host)) return stsOfAws(request, now);
  if (host === 'login.microsoftonline.com') return loginOfAzure(request);
  if (host === 'sts.googleapis.com' && path === '/v1/token') return stsOfGoogle(request);
  if (host === 'iamcredentials.googleapis.com') return impersonation(request, now);
  if (host === 'metadata.google.internal') return metadata(request);
  return undefined;
}

function stsOfAws({ body }: ReceivedRequest, now: number): FakeAnswer {
  const form = new URLSearchParams(body);
  const token = form.get('WebIdentityToken') ?? '';
  const isTrusted = /^jwt \S+ sts\.amazonaws\.com$/.test(token) || token === 'file /token';
  if (form.get('Action') !== 'AssumeRoleWithWebIdentity' || !isTrusted)
    return { status: 403, body: '<Error><Message>not authorized</Message></Error>' };
  const credentials = `<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>${awsSecret}</SecretAccessKey><SessionToken>session of ${form.get('RoleArn')}</SessionToken><Expiration>${inAnHour(now)}</Expiration>`;
  return { body: `<R><Credentials>${credentials}</Credentials></R>` };
}

function loginOfAzure({ path, body }: ReceivedRequest): FakeAnswer {
  const form = new URLSearchParams(body);
  const assertion = form.get('client_assertion') ?? '';
  const isTrusted = /^jwt \S+ api:\/\/AzureADTokenExchange$/.test(assertion) || assertion === 'file /azure';
  if (path !== '/tenant-1/oauth2/v2.0/token' || form.get('client_id') !== 'client-1' || !isTrusted)
    return { status: 401, body: { error: 'invalid_client', error_description: 'AADSTS70021' } };
  return { body: { access_token: `azure token for ${form.get('scope')}`, expires_in: 3600 } };
}

function stsOfGoogle({ body }: ReceivedRequest): FakeAnswer {
  const form = new URLSearchParams(body);
  const audience = form.get('audience') ?? '';
  const pool = audience.startsWith('//iam.googleapis.com/') ? `https:${audience}` : 'prj.svc.id.goog';
  if (!form.get('subject_token')?.endsWith(` ${pool}`))
    return { status: 400, body: { error: 'invalid_grant', error_description: 'audience' } };
  return { body: { access_token: `federated by ${audience}`, expires_in: 3600 } };
}

function impersonation({ path, headers }: ReceivedRequest, now: number): FakeAnswer {
  const email = decodeURIComponent(/serviceAccounts\/([^:]+):generateAccessToken$/.exec(path)?.[1] ?? '');
  if (!headers.authorization?.startsWith('Bearer federated by')) return { status: 403, body: {} };
  return { body: { accessToken: `google token of ${email}`, expireTime: inAnHour(now) } };
}

function metadata({ path, headers }: ReceivedRequest): FakeAnswer {
  if (headers['metadata-flavor'] !== 'Google') return { status: 403, body: 'no flavor' };
  const texts: Readonly<Record<string, string>> = {
    'project/project-id': 'prj',
    'instance/attributes/cluster-location': 'europe-west1',
    'instance/attributes/cluster-name': 'here',
    'instance/service-accounts/default/token': JSON.stringify({
      access_token: 'token of the node',
      expires_in: 3600,
    }),
  };
  const text = texts[path.replace('/computeMetadata/v1/', '')];
  return text === undefined ? { status: 404, body: 'none' } : { body: text };
}
