import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { SecretReader } from '../secret-reader.js';
import { messageOf, SourceFailure } from '../source-failure.js';
import { gitRemote, InvalidUrlError, type GitRemote, type SecretData } from './credentials.js';
import { refuseUnsupportedSecret } from './unsupported.js';

/**
 * The remote that an object names, with the credentials of its Secret (flux-compat 2.3).
 * @throws SourceFailure: an unusable URL stalls; a missing or unusable Secret is tried again, it may change
 */
export async function remoteOf(
  spec: GitRepositorySpec,
  namespace: string,
  secrets: SecretReader,
  signal: AbortSignal,
): Promise<GitRemote> {
  const name = spec.secretRef?.name;
  const secret = name === undefined ? undefined : await readSecret(secrets, namespace, name, signal);
  if (secret) refuseUnsupportedSecret(secret, `${namespace}/${name}`);
  try {
    return gitRemote(spec.url, secret);
  } catch (error) {
    if (error instanceof InvalidUrlError) {
      const message = error.message;
      throw new SourceFailure({
        condition: 'FetchFailed',
        reason: 'URLInvalid',
        message,
        after: { retry: 'never' },
      });
    }
    throw authenticationFailed(`failed to configure authentication options: ${messageOf(error)}`, error);
  }
}

async function readSecret(
  secrets: SecretReader,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<SecretData> {
  const prefix = `failed to get secret '${namespace}/${name}'`;
  let secret: SecretData | undefined;
  try {
    secret = await secrets.read(namespace, name, signal);
  } catch (error) {
    throw authenticationFailed(`${prefix}: ${messageOf(error)}`, error);
  }
  if (!secret) throw authenticationFailed(`${prefix}: secrets "${name}" not found`);
  return secret;
}

function authenticationFailed(message: string, cause?: unknown): SourceFailure {
  return new SourceFailure({ condition: 'FetchFailed', reason: 'AuthenticationFailed', message, cause });
}
