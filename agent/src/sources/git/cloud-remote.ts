import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { CloudIdentities, Who } from '../../cloud/cloud-identities.js';
import { scopeOf, signatureOf, timeOf, type AwsCredentials } from '../../cloud/sign-aws.js';
import { SourceFailure } from '../source-failure.js';
import type { SecretData } from './credentials.js';

/** The application of Azure DevOps. */
const azureDevOps = '499b84ac-1321-427f-aa17-267ca6975798/.default';
/** By provider: hosts over HTTPS, and how they are called. */
const servers = {
  azure: [/^(?:dev\.azure\.com|[a-z0-9-]+\.visualstudio\.com)$/, 'Azure DevOps (https://dev.azure.com/…)'],
  aws: [
    /^git-codecommit(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)$/,
    'AWS CodeCommit (https://git-codecommit.<region>.amazonaws.com/v1/repos/…)',
  ],
} as const;

export interface CloudLogin {
  /** As the keys of a Secret. */
  secret: SecretData;
  /** Stands for the login where it changes by itself. */
  sameAs: unknown;
}

/**
 * Logs in by workload identity: at Azure DevOps with a token, at AWS CodeCommit with a signature (flux-compat 2.3).
 * @throws SourceFailure for another server: what proves who the agent is goes to the cloud that it is for, and nowhere else
 */
export async function cloudLogin(
  identities: CloudIdentities,
  { provider, url }: Pick<GitRepositorySpec, 'provider' | 'url'>,
  who: Who,
  signal: AbortSignal,
): Promise<CloudLogin> {
  const sameAs = [provider, who];
  const [, region = '', domain = ''] = expectHostOf({ provider, url });
  if (provider === 'azure') {
    return { secret: { bearerToken: await identities.azure(who, azureDevOps, signal) }, sameAs };
  }
  const credentials = await identities.aws(who, { region, domain }, signal);
  return { secret: codeCommitLogin(credentials, url, region, identities.deps.now()), sameAs };
}

/** User name and password of CodeCommit: a signature over host and path that is good for some minutes. */
export function codeCommitLogin(
  credentials: AwsCredentials,
  url: string,
  region: string,
  now: number,
): SecretData {
  const { host, pathname } = new URL(url);
  const time = timeOf(now).replace(/Z$/, '');
  const canonical = `GIT\n${pathname}\n\nhost:${host}\n\nhost\n`;
  const signature = signatureOf(credentials, time, scopeOf(time, region, 'codecommit'), canonical);
  const { accessKeyId, sessionToken } = credentials;
  return {
    username: sessionToken ? `${accessKeyId}%${sessionToken}` : accessKeyId,
    password: `${time}Z${signature}`,
  };
}

/** Refuses an address that the provider is not for. @throws SourceFailure that stalls the object */
export function expectHostOf({
  provider,
  url,
}: Pick<GitRepositorySpec, 'provider' | 'url'>): RegExpExecArray {
  const [hosts, what] = servers[provider === 'azure' ? 'azure' : 'aws'];
  const { protocol, host } = URL.canParse(url) ? new URL(url) : { protocol: '', host: '' };
  const found = protocol === 'https:' ? hosts.exec(host) : null;
  if (found) return found;
  throw new SourceFailure({
    condition: 'FetchFailed',
    reason: 'InvalidProviderConfiguration',
    message: `provider '${provider}' is for ${what}, and spec.url is not there`,
    after: { retry: 'never' },
  });
}
