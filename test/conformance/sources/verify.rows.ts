import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPgpKey, type PgpKey } from '../../servers/pgp-key.js';
import { createSshKey, type SshKeyPair } from '../../servers/ssh-git-server.js';
import { secret } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const subject = 'GitRepository';
type Signer = 'pgp' | 'ssh' | 'stranger' | 'nobody';

/** Keys of the rows of this file. */
export interface Signers {
  readonly pgp: PgpKey;
  readonly stranger: PgpKey;
  readonly ssh: SshKeyPair;
  readonly sshFile: string;
  stop(): Promise<void>;
}

export async function createSigners(folder: string): Promise<Signers> {
  const sshFile = join(folder, 'signer');
  const [pgp, stranger, ssh] = await Promise.all([createPgpKey(), createPgpKey(), createSshKey(sshFile)]);
  return {
    pgp,
    stranger,
    ssh,
    sshFile,
    stop: async () => void (await Promise.all([pgp.remove(), stranger.remove()])),
  };
}

async function sign(world: World, signers: Signers, by: { commit: Signer; tag?: Signer }): Promise<void> {
  const { repository } = world;
  const run = (signer: Signer, ...args: string[]): Promise<string> => {
    if (signer === 'nobody') return repository.git(...args);
    if (signer === 'ssh')
      return repository.git('-c', 'gpg.format=ssh', '-c', `user.signingKey=${signers.sshFile}`, ...args);
    return signers[signer].git(repository.folder, ...args);
  };
  writeFileSync(join(repository.folder, 'a.yaml'), 'a: 1\n');
  await repository.git('add', '--all');
  await run(by.commit, 'commit', '--quiet', ...(by.commit === 'nobody' ? [] : ['-S']), '-m', 'signed');
  await repository.git('push', '--quiet', 'origin', 'HEAD');
  world.commit = await repository.head();
  if (!by.tag) return;
  await run(by.tag, 'tag', by.tag === 'nobody' ? '--annotate' : '--sign', '-m', 'release', 'v1');
  await repository.git('push', '--quiet', 'origin', 'refs/tags/v1');
}

const verified = (what: RegExp): ScenarioRow['expect'] => ({
  ready: 'True',
  conditions: { SourceVerified: { status: 'True', reason: 'Succeeded', message: what } },
});
const refused = (message: RegExp, reason = /./): ScenarioRow['expect'] => ({
  ready: { status: 'False', message },
  conditions: { SourceVerified: { status: 'False', reason, message } },
  check: (_, object) => {
    if ((object.status as Fields)['artifact']) throw new Error('what is not verified was stored');
  },
});

/** Signatures of commits and tags (flux-compat 2.3). */
export function verifyRows(signers: () => Signers): readonly ScenarioRow[] {
  const row = (
    behaviour: string,
    mode: string,
    by: { commit: Signer; tag?: Signer },
    expected: ScenarioRow['expect'],
    ref: Fields = by.tag ? { tag: 'v1' } : { branch: 'main' },
  ): ScenarioRow => ({
    section: '2.3',
    behaviour: `verify: ${behaviour}`,
    given: {
      subject,
      files: null,
      before: async (world) => {
        const { pgp, ssh } = signers();
        const stringData = { 'team.asc': pgp.publicKey, 'team.sshpub': ssh.publicKey };
        await applyAs(world.kube, 'person', world.filled(secret('keys', { stringData })));
        await sign(world, signers(), by);
      },
      source: { ref, verify: { mode, secretRef: { name: 'keys' } } },
    },
    ...(expected ? { expect: expected } : {}),
  });
  return [
    row(
      'HEAD: a commit that is signed by PGP',
      'HEAD',
      { commit: 'pgp' },
      verified(/^verified signature of\n\t- commit '<commit>' with key '[0-9A-F]+'$/),
    ),
    row(
      'head is the same as HEAD',
      'head',
      { commit: 'pgp' },
      verified(/^verified signature of\n\t- commit '<commit>'/),
    ),
    row(
      'HEAD: a commit that is signed by SSH',
      'HEAD',
      { commit: 'ssh' },
      verified(/^verified signature of\n\t- commit '<commit>' with key '.+'$/),
    ),
    row(
      'HEAD: a commit of a stranger is refused',
      'HEAD',
      { commit: 'stranger' },
      refused(/^signature verification of commit '<commit>' failed: /, /^InvalidCommitSignature$/),
    ),
    row(
      'HEAD: a commit without signature is refused',
      'HEAD',
      { commit: 'nobody' },
      refused(/^signature verification of commit '<commit>' failed: /),
    ),
    row(
      'Tag: a signed tag, the commit does not count',
      'Tag',
      { commit: 'nobody', tag: 'pgp' },
      verified(/^verified signature of\n\t- tag 'v1@[0-9a-f]+' with key '[0-9A-F]+'$/),
    ),
    row(
      'Tag: a tag without signature is refused',
      'Tag',
      { commit: 'pgp', tag: 'nobody' },
      refused(/^cannot verify signature of tag 'v1@[0-9a-f]+' since it is not signed$/),
    ),
    row(
      'TagAndHEAD: both',
      'TagAndHEAD',
      { commit: 'ssh', tag: 'pgp' },
      verified(
        /^verified signature of\n\t- tag 'v1@[0-9a-f]+' with key '.+'\n\t- commit '<commit>' with key '.+'$/,
      ),
    ),
    row(
      'TagAndHEAD: the commit is not signed',
      'TagAndHEAD',
      { commit: 'nobody', tag: 'pgp' },
      refused(/^signature verification of commit '<commit>' failed: /),
    ),
    {
      ...row('Tag without a tag in the reference stalls', 'Tag', { commit: 'pgp' }, undefined),
      expect: {
        ready: { status: 'False', reason: 'InvalidVerificationMode' },
        conditions: { Stalled: { status: 'True', reason: 'InvalidVerificationMode' } },
      },
    },
  ];
}
