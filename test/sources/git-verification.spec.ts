import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gitRepositoryType } from '@flotilla/agent/sources/git/index';
import { signedCommit, signedTag } from '@flotilla/agent/sources/git/verification/signed-object';
import { verifyPgpSignature } from '@flotilla/agent/sources/git/verification/pgp-signature';
import { verifySshSignature } from '@flotilla/agent/sources/git/verification/ssh-signature';
import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPgpKey, type PgpKey } from '../servers/pgp-key.js';
import { createSshKey, type SshKeyPair } from '../servers/ssh-git-server.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { toolOutput } from '../servers/tool.js';
import { waitFor } from '../servers/wait-for.js';
import { condition, startGitScenario, type GitScenario, type Remote } from './git-scenario.js';

const folder = temporaryFolder('signing');
let git: GitScenario;
let pgp: PgpKey;
let stranger: PgpKey;
let ssh: SshKeyPair & { fingerprint: string };

beforeAll(async () => {
  [pgp, stranger] = await Promise.all([createPgpKey(), createPgpKey()]);
  const file = path.join(folder.path, 'signer');
  const listed = { ...(await createSshKey(file)) };
  const fingerprint = (await toolOutput('ssh-keygen', ['-l', '-f', `${file}.pub`])).split(' ')[1]!;
  ssh = { ...listed, fingerprint };
  git = await startGitScenario();
});
afterAll(async () => {
  await git?.stop();
  await Promise.all([pgp?.remove(), stranger?.remove()]);
  folder.remove();
});

/** Commits, and tags with `v1`, signed by PGP, by SSH or not at all; pushes both. */
type Signer = 'pgp' | 'stranger' | 'ssh' | 'nobody';
async function sign(
  repo: Remote,
  of: { commit: Signer; tag?: Signer },
): Promise<{ commit: string; tag: string }> {
  writeFileSync(path.join(repo.folder, 'file'), `${Math.random()}`);
  await repo.git('add', '--all');
  const run = (signer: Signer, ...args: string[]): Promise<string> => {
    if (signer === 'ssh')
      return repo.git('-c', 'gpg.format=ssh', '-c', `user.signingKey=${folder.path}/signer`, ...args);
    return signer === 'nobody'
      ? repo.git(...args)
      : (signer === 'pgp' ? pgp : stranger).git(repo.folder, ...args);
  };
  const commitFlag = of.commit === 'nobody' ? [] : ['-S'];
  await run(of.commit, 'commit', '--quiet', ...commitFlag, '-m', 'signed\n\nwith a body\n');
  await repo.git('push', '--quiet', 'origin', 'HEAD');
  if (of.tag) {
    await run(of.tag, 'tag', of.tag === 'nobody' ? '--annotate' : '--sign', '--force', '-m', 'release', 'v1');
    await repo.git('push', '--quiet', '--force', 'origin', 'refs/tags/v1');
  }
  const tag = of.tag ? await repo.git('rev-parse', 'refs/tags/v1') : '';
  return { commit: await repo.head(), tag };
}

const trust = async (keys: Record<string, string>): Promise<string> => {
  const name = `keys-${Math.random().toString(36).slice(2)}`;
  await git.applySecret(name, keys);
  return name;
};
const verify = async (
  mode: 'HEAD' | 'head' | 'Tag' | 'TagAndHEAD',
  keys?: Record<string, string>,
): Promise<Pick<GitRepositorySpec, 'verify'>> => ({
  verify: {
    mode,
    secretRef: { name: await trust(keys ?? { 'a.asc': pgp.publicKey, 'b.sshpub': ssh.publicKey }) },
  },
});

describe('a repository whose signatures are good (flux-compat 2.3)', () => {
  it.each<['HEAD' | 'head' | 'Tag' | 'TagAndHEAD', Signer, GitRepositorySpec['ref'], string]>([
    ['HEAD', 'pgp', { branch: 'main' }, 'HEAD'],
    ['head', 'pgp', { branch: 'main' }, 'HEAD'],
    ['HEAD', 'ssh', { branch: 'main' }, 'HEAD'],
    ['Tag', 'pgp', { tag: 'v1' }, 'Tag'],
    ['Tag', 'ssh', { tag: 'v1' }, 'Tag'],
    ['TagAndHEAD', 'pgp', { name: 'refs/tags/v1' }, 'TagAndHEAD'],
    ['TagAndHEAD', 'ssh', { tag: 'v1' }, 'TagAndHEAD'],
  ])('is stored: mode %s, signed by %s, ref %j', async (mode, signer, ref, observed) => {
    const repo = await git.repository();
    const { commit, tag } = await sign(repo, { commit: signer, tag: signer });

    const name = await git.create({ url: repo.url, ref: ref!, ...(await verify(mode)) });

    const object = await git.ready(name);
    const key = signer === 'ssh' ? ssh.fingerprint : pgp.id;
    const lines = [
      ...(observed === 'HEAD' ? [] : [`\n\t- tag 'v1@${tag}' with key '${key}'`]),
      ...(observed === 'Tag' ? [] : [`\n\t- commit '${commit}' with key '${key}'`]),
    ];
    expect(condition(object, 'SourceVerified')).toMatchObject({
      status: 'True',
      reason: 'Succeeded',
      message: `verified signature of${lines.join('')}`,
    });
    expect(object.status?.sourceVerificationMode).toBe(observed);
    expect(condition(await git.reconciled(name), 'SourceVerified')?.status).toBe('True');
  });
});

describe('a repository whose signatures are not good', () => {
  const headFailed = "signature verification of commit '<commit>' failed: unable to verify Git commit: ";
  const tagFailed = "signature verification of tag 'v1@<tag>' failed: unable to verify Git tag: ";
  it.each<
    [
      string,
      'HEAD' | 'Tag' | 'TagAndHEAD',
      { commit: Signer; tag?: Signer },
      Record<string, string> | undefined,
      string,
      string,
    ]
  >([
    [
      'an unsigned commit',
      'HEAD',
      { commit: 'nobody', tag: 'pgp' },
      undefined,
      'InvalidCommitSignature',
      `${headFailed}unable to verify payload as the provided signature is empty`,
    ],
    [
      'a commit of a stranger',
      'HEAD',
      { commit: 'stranger', tag: 'pgp' },
      undefined,
      'InvalidCommitSignature',
      `${headFailed}unable to verify payload with any of the given key rings`,
    ],
    [
      'a commit of a stranger with SSH',
      'HEAD',
      { commit: 'ssh', tag: 'pgp' },
      {
        'other.sshpub':
          'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl other',
      },
      'InvalidCommitSignature',
      `${headFailed}unable to verify payload with any of the given authorized keys`,
    ],
    [
      'keys that cannot be read',
      'HEAD',
      { commit: 'pgp', tag: 'pgp' },
      { 'a.asc': 'no key' },
      'InvalidCommitSignature',
      `${headFailed}unable to read armored key ring: Misformed armored text`,
    ],
    [
      'an unsigned tag',
      'Tag',
      { commit: 'pgp', tag: 'nobody' },
      undefined,
      'InvalidGitObject',
      "cannot verify signature of tag 'v1@<tag>' since it is not signed",
    ],
    [
      'a tag of a stranger',
      'Tag',
      { commit: 'pgp', tag: 'stranger' },
      undefined,
      'InvalidTagSignature',
      `${tagFailed}unable to verify payload with any of the given key rings`,
    ],
    [
      'a good tag on an unsigned commit',
      'TagAndHEAD',
      { commit: 'nobody', tag: 'ssh' },
      undefined,
      'InvalidCommitSignature',
      `${headFailed}unable to verify payload as the provided signature is empty`,
    ],
  ])('is not stored and tried again: %s', async (_, mode, signers, keys, reason, message) => {
    const repo = await git.repository();
    const ids = await sign(repo, signers);

    const name = await git.create({ url: repo.url, ref: { tag: 'v1' }, ...(await verify(mode, keys)) });

    const object = await git.failing(name, reason);
    const expected = message.replace('<commit>', ids.commit).replace('<tag>', ids.tag);
    expect(condition(object, 'SourceVerified')).toMatchObject({ status: 'False', reason, message: expected });
    expect(condition(object, 'Ready')).toMatchObject({ status: 'False', reason, message: expected });
    expect(condition(object, 'Stalled')).toBeUndefined();
    expect(object.status?.artifact).toBeUndefined();
    await waitFor(
      'another try',
      () => git.eventsOf(name).filter((event) => event.reason === reason).length > 1,
    );
    await git.remove(name);
  });

  it('stalls in mode Tag without a tag', async () => {
    const repo = await git.repository();
    await sign(repo, { commit: 'pgp' });

    const name = await git.create({ url: repo.url, ref: { branch: 'main' }, ...(await verify('Tag')) });

    const object = await git.failing(name, 'InvalidVerificationMode');
    const message = "cannot verify tag object's signature if a tag reference is not specified";
    expect(condition(object, 'Stalled')).toMatchObject({ reason: 'InvalidVerificationMode', message });
    expect(condition(object, 'SourceVerified')).toMatchObject({ status: 'False', message });
  });

  it('says that the Secret is missing, and goes on when it is there', async () => {
    const repo = await git.repository();
    await sign(repo, { commit: 'pgp' });
    const secretRef = { name: 'late-keys' };
    const spec = { url: repo.url, ref: { branch: 'main' } };
    const name = await git.create({ ...spec, verify: { mode: 'HEAD', secretRef } });
    const object = await git.failing(name, 'VerificationError');
    expect(condition(object, 'SourceVerified')?.message).toBe(
      'PGP public keys secret error: secrets "late-keys" not found',
    );

    await git.applySecret('late-keys', { 'a.asc': pgp.publicKey });

    await git.ready(name);
  });

  it('keeps the last good artifact when the next commit is not signed, and recovers with the one after', async () => {
    const repo = await git.repository();
    const good = await sign(repo, { commit: 'pgp' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' }, ...(await verify('HEAD')) });
    const before = await git.ready(name, `main@sha1:${good.commit}`);
    await sign(repo, { commit: 'nobody' });

    await git.request(name);

    const failed = await git.failing(name, 'InvalidCommitSignature');
    expect(failed.status?.artifact).toEqual(before.status?.artifact);
    const better = await sign(repo, { commit: 'pgp' });
    await git.request(name);
    await git.ready(name, `main@sha1:${better.commit}`);
  });

  it('is checked when the check is asked for later, and forgotten when it is not wanted any more', async () => {
    const repo = await git.repository();
    await sign(repo, { commit: 'nobody' });
    const spec = { url: repo.url, ref: { branch: 'main' } };
    const name = await git.create(spec);
    await git.ready(name);

    await git.apply(name, { ...spec, ...(await verify('HEAD')) });
    await git.failing(name, 'InvalidCommitSignature');
    const ref = { ...gitRepositoryType, namespace: git.namespace, name };
    await git.agent.client.patch(ref, { type: 'merge', body: { spec: { verify: null } } });

    expect(condition(await git.ready(name), 'SourceVerified')).toBeUndefined();
  });
});

describe('an SSH signature', () => {
  const payload = Buffer.from('tree x\n\nmessage\n');
  let sequence = 0;
  async function signature(type: string, bits?: number, namespace = 'git') {
    const file = path.join(folder.path, `key-${(sequence += 1)}`);
    const key = await createSshKey(file, type, bits);
    writeFileSync(`${file}.data`, payload);
    rmSync(`${file}.data.sig`, { force: true });
    await toolOutput('ssh-keygen', ['-Y', 'sign', '-q', '-n', namespace, '-f', file, `${file}.data`]);
    return { ...key, armored: readFileSync(`${file}.data.sig`, 'utf8') };
  }

  it.each([
    ['ed25519', undefined],
    ['ecdsa', 256],
    ['ecdsa', 384],
    ['ecdsa', 521],
    ['rsa', 2048],
  ])('is known by %s %s', async (type, bits) => {
    const { armored, publicKey } = await signature(type, bits);

    const trusted = ['# nobody\n\n', `cert-authority,namespaces="git" ${publicKey}\n`];
    expect(verifySshSignature(armored, payload, trusted)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    const changed = Buffer.concat([payload, Buffer.from('!')]);
    expect(() => verifySshSignature(armored, changed, trusted)).toThrow('any of the given authorized keys');
  });

  it('counts for git alone', async () => {
    const { armored, publicKey } = await signature('ed25519', undefined, 'file');

    expect(() => verifySshSignature(armored, payload, [publicKey])).toThrow(
      'any of the given authorized keys',
    );
  });

  it.each([
    [
      'damaged armor',
      (text: string) => text.replace('-----END', '----END'),
      'unable to unarmor SSH signature',
    ],
    ['a cut', (text: string) => text.replace(/\n.{70}\n/, '\n'), /unable to unarmor|any of the given/],
  ])('with %s is none', async (_, damage, message) => {
    const { armored, publicKey } = await signature('ed25519');

    expect(() => verifySshSignature(damage(armored), payload, [publicKey])).toThrow(message);
  });
});

describe('a PGP signature', () => {
  const signed = async (key: PgpKey) => {
    const repo = await git.repository();
    await key.git(repo.folder, 'commit', '--quiet', '--allow-empty', '-S', '-m', 'x');
    const hash = await repo.head();
    const encoded = Buffer.from(`${await repo.git('cat-file', 'commit', hash)}\n`);
    return signedCommit(hash, encoded);
  };

  it.each(['rsa2048', 'nistp256'])('is known by %s', async (algorithm) => {
    const key = await createPgpKey(algorithm);
    const { payload, signature } = await signed(key);

    const trusted = [stranger.publicKey, `${pgp.publicKey}${key.publicKey}`, key.publicKey];
    expect(await verifyPgpSignature(signature, payload, trusted, new Date())).toBe(key.id);
    await expect(
      verifyPgpSignature(signature, Buffer.concat([payload, payload]), trusted, new Date()),
    ).rejects.toThrow('any of the given key rings');
    await key.remove();
  });

  it('of a key that has expired since then is not trusted any more', async () => {
    const key = await createPgpKey('ed25519', '2d');
    const { payload, signature } = await signed(key);
    const later = new Date(Date.now() + 3 * 86_400_000);

    expect(await verifyPgpSignature(signature, payload, [key.publicKey], new Date())).toBe(key.id);
    await expect(verifyPgpSignature(signature, payload, [key.publicKey], later)).rejects.toThrow(
      'any of the given key rings',
    );
    await key.remove();
  });
});

describe('a tag object', () => {
  it('is signed by what stands last in it, not by what its message quotes', () => {
    const quoted = '-----BEGIN PGP SIGNATURE-----\nquoted\n-----END PGP SIGNATURE-----\n';
    const own = '-----BEGIN SSH SIGNATURE-----\nown\n-----END SSH SIGNATURE-----\n';

    expect(signedTag(Buffer.from(`tag x\n\n${quoted}${own}`))).toEqual({
      payload: Buffer.from(`tag x\n\n${quoted}`),
      signature: own,
    });
  });
});
