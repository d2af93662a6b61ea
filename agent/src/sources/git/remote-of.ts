import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { SecretReader } from '../secret-reader.js';
import { messageOf, SourceFailure } from '../source-failure.js';
import { cloudLogin } from './cloud-remote.js';
import { gitRemote, InvalidUrlError, type GitRemote, type SecretData } from './credentials.js';
import { githubAppData, type GitHubTokens } from './github-app.js';
import type { CloudAccess } from './provider.js';
import { proxyAddress } from './proxy.js';

export interface RemoteContext {
  secrets: SecretReader;
  githubTokens: GitHubTokens;
  cloud: CloudAccess;
}

export interface RemoteRequest {
  spec: GitRepositorySpec;
  namespace: string;
  timeoutMs: number;
  signal: AbortSignal;
  /** Nobody waits for a change of a Secret. */
  isQuiet: boolean;
}

/**
 * The remote that an object names, with the credentials of its Secret, its provider and its proxy (flux-compat 2.3).
 * @throws SourceFailure: an unusable URL stalls; a missing or unusable Secret is tried again, it may change
 */
export async function remoteOf(context: RemoteContext, request: RemoteRequest): Promise<GitRemote> {
  const { spec, namespace } = request;
  const proxy = await proxyOf(context, request);
  const { secretRef } = spec;
  const secret = secretRef && (await readSecret(context, request, secretRef.name));
  const options = proxy ? { proxy } : {};
  if (spec.provider === 'github') return githubRemote(context, request, secret ?? {}, options);
  if (secret?.['githubAppID']) {
    const message = `secretRef '${namespace}/${secretRef?.name}' has github app data but provider is not set to github`;
    throw invalidProvider(message);
  }
  if (spec.provider === 'aws' || spec.provider === 'azure')
    return cloudRemote(context, request, secret ?? {}, options);
  return remoteFrom(spec, secret, options);
}

function remoteFrom(
  spec: GitRepositorySpec,
  secret: SecretData | undefined,
  options: { proxy?: string; sameAs?: unknown },
): GitRemote {
  try {
    const remote = gitRemote(spec.url, secret, options);
    if (remote.credentials.ssh && options.proxy) {
      throw new Error("spec.proxySecretRef works with http and https only, not with 'ssh'");
    }
    return remote;
  } catch (error) {
    if (!(error instanceof InvalidUrlError)) {
      throw authenticationFailed(`failed to configure authentication options: ${messageOf(error)}`, error);
    }
    const { message } = error;
    throw new SourceFailure({
      condition: 'FetchFailed',
      reason: 'URLInvalid',
      message,
      after: { retry: 'never' },
    });
  }
}

/** A token of a GitHub App instead of what is in the Secret. The remote stays the same one when the token changes. */
async function githubRemote(
  { githubTokens }: RemoteContext,
  { spec, timeoutMs, signal }: RemoteRequest,
  secret: SecretData,
  options: { proxy?: string },
): Promise<GitRemote> {
  if (!secret['githubAppID']) {
    throw invalidProvider('secretRef with github app data must be specified when provider is set to github');
  }
  try {
    const app = githubAppData(secret);
    const password = await githubTokens.tokenFor(app, { ...options, timeoutMs, signal });
    const ca: SecretData = app.ca ? { 'ca.crt': app.ca } : {};
    return remoteFrom(spec, { username: 'x-access-token', password, ...ca }, { ...options, sameAs: app });
  } catch (error) {
    if (error instanceof SourceFailure) throw error;
    throw authenticationFailed(`failed to configure authentication options: ${messageOf(error)}`, error);
  }
}

/**
 * Workload identity; a Secret may add an authority to trust. The remote stays the same one when the token changes.
 */
async function cloudRemote(
  { cloud: { identities, isObjectLevel, defaultServiceAccount } }: RemoteContext,
  { spec, namespace, signal }: RemoteRequest,
  { 'ca.crt': ca, caFile }: SecretData,
  options: { proxy?: string },
): Promise<GitRemote> {
  if (!identities) throw invalidProvider(`provider '${spec.provider}' needs workload identity`);
  const name = spec.serviceAccountName || (isObjectLevel ? defaultServiceAccount : '');
  try {
    const who = name ? { namespace, name } : undefined;
    const { secret, sameAs } = await cloudLogin(identities, spec, who, signal);
    const trusted: SecretData = ca || caFile ? { 'ca.crt': ca || caFile || '' } : {};
    return remoteFrom(spec, { ...secret, ...trusted }, { ...options, sameAs: [sameAs, trusted] });
  } catch (error) {
    if (error instanceof SourceFailure) throw error;
    throw authenticationFailed(`failed to configure authentication options: ${messageOf(error)}`, error);
  }
}

async function proxyOf(context: RemoteContext, request: RemoteRequest): Promise<string | undefined> {
  const name = request.spec.proxySecretRef?.name;
  if (name === undefined) return undefined;
  try {
    return proxyAddress(await readSecret(context, request, name), `${request.namespace}/${name}`);
  } catch (error) {
    throw authenticationFailed(`failed to configure proxy options: ${messageOf(error)}`, error);
  }
}

async function readSecret(
  { secrets }: RemoteContext,
  { namespace, signal, isQuiet }: RemoteRequest,
  name: string,
): Promise<SecretData> {
  const prefix = `failed to get secret '${namespace}/${name}'`;
  let secret: SecretData | undefined;
  try {
    secret = await secrets.read(namespace, name, { signal, mayBeCached: isQuiet });
  } catch (error) {
    throw authenticationFailed(`${prefix}: ${messageOf(error)}`, error);
  }
  if (!secret) throw authenticationFailed(`${prefix}: secrets "${name}" not found`);
  return secret;
}

function invalidProvider(message: string): SourceFailure {
  return new SourceFailure({ condition: 'FetchFailed', reason: 'InvalidProviderConfiguration', message });
}

function authenticationFailed(message: string, cause?: unknown): SourceFailure {
  return new SourceFailure({ condition: 'FetchFailed', reason: 'AuthenticationFailed', message, cause });
}
