import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { SecretReader } from '../../secret-reader.js';
import { messageOf, SourceFailure } from '../../source-failure.js';
import type { SecretData } from '../credentials.js';
import type { CheckedOut } from '../git-client.js';
import { verifyPgpSignature } from './pgp-signature.js';
import { signedCommit, signedTag, type SignedObject } from './signed-object.js';
import { verifySshSignature } from './ssh-signature.js';

export type Verification = NonNullable<GitRepositorySpec['verify']>;
export type VerificationMode = 'HEAD' | 'Tag' | 'TagAndHEAD';

/** spec.verify.mode as the status keeps it: `head` is the old name of HEAD. */
export function modeOf({ mode }: Verification): VerificationMode {
  return mode === 'head' ? 'HEAD' : mode;
}

/** True when the artifact was made without a check that the spec asks for now (flux-compat 2.3). */
export function isVerificationMissing(verify: Verification | undefined, observed: unknown): boolean {
  if (!verify) return false;
  return observed !== 'TagAndHEAD' && observed !== modeOf(verify);
}

export interface VerificationRequest {
  verify: Verification;
  namespace: string;
  secrets: SecretReader;
  now: Date;
  signal: AbortSignal;
}

/**
 * Checks the signatures that spec.verify asks for (flux-compat 2.3). Gives the text for the condition SourceVerified.
 * @throws SourceFailure that sets SourceVerified to False
 */
export async function verifyCheckout(
  { commit, tag }: CheckedOut,
  request: VerificationRequest,
): Promise<string> {
  const keys = await trustedKeys(request);
  const mode = modeOf(request.verify);
  const verified: string[] = [];
  if (mode !== 'HEAD') {
    if (!tag) {
      const message = "cannot verify tag object's signature if a tag reference is not specified";
      throw failure('InvalidVerificationMode', message, { stalls: true });
    }
    const name = `${tag.name}@${tag.hash}`;
    const signed = tag.encoded && signedTag(tag.encoded);
    if (!signed?.signature) {
      throw failure('InvalidGitObject', `cannot verify signature of tag '${name}' since it is not signed`);
    }
    const key = await verifyObject(signed, keys, request.now).catch((error: unknown) => {
      const why = `unable to verify Git tag: ${messageOf(error)}`;
      throw failure('InvalidTagSignature', `signature verification of tag '${name}' failed: ${why}`);
    });
    verified.push(`\n\t- tag '${name}' with key '${key}'`);
  }
  if (mode !== 'Tag') {
    const signed = signedCommit(commit.hash, commit.encoded);
    const key = await verifyObject(signed, keys, request.now).catch((error: unknown) => {
      const why = `unable to verify Git commit: ${messageOf(error)}`;
      throw failure(
        'InvalidCommitSignature',
        `signature verification of commit '${commit.hash}' failed: ${why}`,
      );
    });
    verified.push(`\n\t- commit '${commit.hash}' with key '${key}'`);
  }
  return `verified signature of${verified.join('')}`;
}

interface TrustedKeys {
  pgp: readonly string[];
  ssh: readonly string[];
}

/** Every key of the Secret is a PGP key ring, except `*.sshpub`: those are authorized keys of SSH. */
async function trustedKeys({
  verify,
  namespace,
  secrets,
  signal,
}: VerificationRequest): Promise<TrustedKeys> {
  const { name } = verify.secretRef;
  let secret: SecretData | undefined;
  try {
    secret = await secrets.read(namespace, name, { signal });
  } catch (error) {
    throw failure('VerificationError', `PGP public keys secret error: ${messageOf(error)}`);
  }
  if (!secret)
    throw failure('VerificationError', `PGP public keys secret error: secrets "${name}" not found`);
  const entries = Object.entries(secret);
  const of = (isSsh: boolean): string[] =>
    entries.filter(([key]) => key.endsWith('.sshpub') === isSsh).map(([, text]) => text);
  return { pgp: of(false), ssh: of(true) };
}

async function verifyObject(
  { payload, signature }: SignedObject,
  keys: TrustedKeys,
  now: Date,
): Promise<string> {
  if (signature === '') throw new Error('unable to verify payload as the provided signature is empty');
  if (signature.startsWith('-----BEGIN SSH SIGNATURE-----'))
    return verifySshSignature(signature, payload, keys.ssh);
  if (signature.startsWith('-----BEGIN PGP ')) return verifyPgpSignature(signature, payload, keys.pgp, now);
  throw new Error('unable to verify payload: the signature is neither of PGP nor of SSH');
}

function failure(reason: string, message: string, { stalls = false } = {}): SourceFailure {
  return new SourceFailure({
    condition: 'SourceVerified',
    reason,
    message,
    after: { retry: stalls ? 'never' : 'back-off' },
  });
}
