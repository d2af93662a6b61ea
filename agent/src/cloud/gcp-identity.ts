import { type CloudAccount } from './cloud-account.js';
import type { CloudDeps, Lasting } from './cloud-deps.js';
import { fieldsOf, textField } from './http-json.js';

const scope = 'https://www.googleapis.com/auth/cloud-platform';
const providerAnnotation = 'gcp.auth.fluxcd.io/workload-identity-provider';
const accountAnnotation = 'iam.gke.io/gcp-service-account';
const what = 'login to Google Cloud';

/** The token of the pool, and for whom the ServiceAccount proves who it is. */
interface Pool {
  /** Of the token of the ServiceAccount. */
  subjectAudience: string;
  /** Of the exchange. */
  audience: string;
}

/**
 * An access token, as the ServiceAccount is known to Google Cloud, or as the agent by the metadata server.
 * @throws Error that says what is missing
 */
export async function gcpToken(
  deps: CloudDeps,
  account: CloudAccount | undefined,
  signal: AbortSignal,
): Promise<Lasting<string>> {
  if (!account) return await ownToken(deps, signal);
  const federated = await exchange(deps, account, signal);
  const email = account.annotations[accountAnnotation];
  return email ? await impersonate(deps, email, federated.value, signal) : federated;
}

async function ownToken(deps: CloudDeps, signal: AbortSignal): Promise<Lasting<string>> {
  const askedAt = deps.now();
  const text = await metadata(deps, 'instance/service-accounts/default/token', signal);
  return lasting(fieldsOf({ status: 200, text }, what), askedAt);
}

async function exchange(
  deps: CloudDeps,
  account: CloudAccount,
  signal: AbortSignal,
): Promise<Lasting<string>> {
  const { subjectAudience, audience } = await poolOf(deps, account, signal);
  const askedAt = deps.now();
  const answer = await deps.send({
    method: 'POST',
    url: 'https://sts.googleapis.com/v1/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: await account.token(subjectAudience, signal),
      audience,
      scope,
    }).toString(),
    signal,
  });
  return lasting(fieldsOf(answer, what), askedAt);
}

/** A provider that the account names, else the pool of the GKE cluster that the agent runs in. */
async function poolOf(deps: CloudDeps, account: CloudAccount, signal: AbortSignal): Promise<Pool> {
  const provider = account.annotations[providerAnnotation];
  if (provider) {
    const name = provider.replace(/^\/+/, '');
    return {
      subjectAudience: `https://iam.googleapis.com/${name}`,
      audience: `//iam.googleapis.com/${name}`,
    };
  }
  const [project, location, cluster] = await Promise.all(
    ['project/project-id', 'instance/attributes/cluster-location', 'instance/attributes/cluster-name'].map(
      (path) => metadata(deps, path, signal),
    ),
  );
  const pool = `${project}.svc.id.goog`;
  const at = `https://container.googleapis.com/v1/projects/${project}/locations/${location}/clusters/${cluster}`;
  return { subjectAudience: pool, audience: `identitynamespace:${pool}:${at}` };
}

async function impersonate(
  { send, now }: CloudDeps,
  email: string,
  token: string,
  signal: AbortSignal,
): Promise<Lasting<string>> {
  const answer = await send({
    method: 'POST',
    url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateAccessToken`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ scope: [scope] }),
    signal,
  });
  const fields = fieldsOf(answer, what);
  const until = Date.parse(textField(fields, 'expireTime', what));
  return { value: textField(fields, 'accessToken', what), until: Number.isNaN(until) ? now() : until };
}

async function metadata({ send, env }: CloudDeps, path: string, signal: AbortSignal): Promise<string> {
  const host = env['GCE_METADATA_HOST'] || 'metadata.google.internal';
  const url = `http://${host}/computeMetadata/v1/${path}`;
  const answer = await send({ method: 'GET', url, headers: { 'metadata-flavor': 'Google' }, signal }).catch(
    (error: unknown) => {
      throw new Error(`the agent has no identity in Google Cloud: ${(error as Error).message}`, {
        cause: error,
      });
    },
  );
  if (answer.status !== 200) {
    throw new Error(
      `the agent has no identity in Google Cloud: the metadata server says ${answer.status} for ${path}`,
    );
  }
  return answer.text.trim();
}

function lasting(fields: Readonly<Record<string, unknown>>, askedAt: number): Lasting<string> {
  const seconds = Number(fields['expires_in']);
  const until = Number.isFinite(seconds) && seconds > 0 ? askedAt + seconds * 1_000 : askedAt;
  return { value: textField(fields, 'access_token', what), until };
}
