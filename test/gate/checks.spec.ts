// What is checked before a pinned commit is taken, by the kind of ref that the source follows, and its signature.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf, fluxNamespace, secret } from '../e2e/flux-objects.js';
import { temporaryFolder, type TemporaryFolder } from '../servers/temporary-folder.js';
import { toolOutput } from '../servers/tool.js';
import { waitFor } from '../servers/wait-for.js';
import { artifactOf, GatedCluster, type Repository } from './gated-cluster.js';
import { pinOf } from './scripted-hub.js';

let fleet: GatedCluster;
let keys: TemporaryFolder;

beforeAll(async () => {
  keys = temporaryFolder('gate-keys');
  await toolOutput('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${keys.path}/signer`], {});
  fleet = await GatedCluster.start(['--min-retry-delay=200ms', '--max-retry-delay=500ms']);
});
afterAll(async () => {
  await fleet?.stop();
  keys?.remove();
});

let sequence = 0;
/** A source with this ref of a repository that `write` has filled; not waited for. */
async function sourceOn<T>(
  spec: Readonly<Record<string, unknown>>,
  write: (repository: Repository, first: string) => Promise<T>,
): Promise<{ name: string; repository: Repository; first: string; written: T }> {
  const name = `checked-${(sequence += 1)}`;
  const { repository, first, object } = await fleet.source(name, { isReady: false });
  const written = await write(repository, first);
  await fleet.cluster.apply({ ...object, spec: { ...(object['spec'] as object), ...spec } });
  return { name, repository, first, written };
}

describe('a source that follows', () => {
  it('a range is pinned to an older tag of it, and not to a tag outside', async () => {
    const { name, first, written } = await sourceOn({ ref: { semver: '1.x' } }, async (repository) => {
      await repository.tag('v1.0.0');
      const second = await repository.commit({ 'a.txt': 'two' });
      await repository.tag('v1.1.0', 'release');
      const third = await repository.commit({ 'a.txt': 'three' });
      await repository.tag('v2.0.0');
      return { second, third };
    });
    await fleet.at(name, written.second);
    await fleet.hub.asked({ pins: [pinOf(name, `v1.0.0@sha1:${first}`)] });
    expect(artifactOf(await fleet.at(name, first))).toBe(`v1.0.0@sha1:${first}`);
    expect((await fleet.gate(name, 'Pinned')).status?.gate?.newestRevision).toBe(
      `v1.1.0@sha1:${written.second}`,
    );
    await fleet.hub.asked({ pins: [pinOf(name, `v2.0.0@sha1:${written.third}`)] });
    const refused = await fleet.gate(name, 'Refused');
    expect(refused.status?.gate?.message).toContain(
      "no tag in the range '1.x' of spec.ref is at this commit",
    );
    expect(artifactOf(refused)).toBe(`v1.0.0@sha1:${first}`);
  });

  it('a tag is pinned to its commit only', async () => {
    const { name, repository, first } = await sourceOn({ ref: { tag: 'v1' } }, (repo) => repo.tag('v1'));
    await fleet.hub.asked({ pins: [pinOf(name, `v1@sha1:${first}`)] });
    await fleet.gate(name, 'Pinned');
    const second = await repository.commit({ 'a.txt': 'two' });
    await fleet.hub.asked({ pins: [pinOf(name, `v1@sha1:${second}`)] });
    expect((await fleet.gate(name, 'Refused')).status?.gate?.message).toContain(
      "the tag 'v1' of spec.ref is at",
    );
  });

  it('a full ref name is pinned to a commit of its history', async () => {
    const { name, first } = await sourceOn({ ref: { name: 'refs/pull/7/head' } }, async (repository) => {
      await repository.commit({ 'a.txt': 'two' });
      await repository.git('push', '--quiet', 'origin', 'HEAD:refs/pull/7/head');
    });
    await fleet.hub.asked({ pins: [pinOf(name, `refs/pull/7/head@sha1:${first}`)] });
    expect(artifactOf(await fleet.at(name, first))).toBe(`refs/pull/7/head@sha1:${first}`);
  });

  it('a commit is pinned to that commit only', async () => {
    const { name, first, written } = await sourceOn({}, (repository) =>
      repository.commit({ 'a.txt': 'two' }),
    );
    const { url } = (await fleet.read(name)).spec as unknown as { url: string };
    const object = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' };
    const metadata = { name, namespace: fluxNamespace };
    const spec = { url, interval: '1h', ref: { branch: 'main', commit: first } };
    await fleet.cluster.apply({ ...object, metadata, spec });
    await fleet.at(name, first);
    await fleet.hub.asked({ pins: [pinOf(name, `main@sha1:${written}`)] });
    expect((await fleet.gate(name, 'Refused')).status?.gate?.message).toContain(
      `spec.ref.commit is '${first}'`,
    );
    await fleet.hub.asked({ pins: [pinOf(name, `main@sha1:${first}`)] });
    await fleet.gate(name, 'Pinned');
  });
});

describe('a pinned commit whose signature is not good', () => {
  it('is refused; the artifact stays, and what is said of its own signature too', async () => {
    const trusted = await toolOutput('cat', [`${keys.path}/signer.pub`], {});
    await fleet.cluster.apply(secret(fluxNamespace, 'trusted', { 'signer.sshpub': trusted }));
    const verify = { mode: 'HEAD', secretRef: { name: 'trusted' } };
    const { name, written } = await sourceOn({ verify }, async (repository) => {
      const signed = async (): Promise<string> => {
        const sign = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${keys.path}/signer`];
        await repository.git(
          ...sign,
          'commit',
          '--quiet',
          '--allow-empty',
          '--gpg-sign',
          '--message',
          'signed',
        );
        return repository.head();
      };
      const good = await signed();
      await repository.git('commit', '--quiet', '--allow-empty', '--message', 'not signed');
      const bad = await repository.head();
      const last = await signed();
      await repository.git('push', '--quiet', 'origin', 'HEAD');
      return { good, bad, last };
    });
    await fleet.at(name, written.last);
    await fleet.hub.asked({ pins: [pinOf(name, `main@sha1:${written.good}`)] });
    await fleet.at(name, written.good);
    await fleet.hub.asked({ pins: [pinOf(name, `main@sha1:${written.bad}`)] });
    const refused = await fleet.gate(name, 'Refused');
    expect(artifactOf(refused)).toBe(`main@sha1:${written.good}`);
    expect(conditionOf(refused, 'Held')).toMatchObject({
      reason: 'PinRefused',
      message: expect.stringMatching(/signature verification of commit '[0-9a-f]{40}' failed/),
    });
    expect(conditionOf(refused, 'Ready')?.status).toBe('True');
    expect(conditionOf(refused, 'SourceVerified')).toMatchObject({
      status: 'True',
      message: expect.stringContaining(written.good),
    });
    // Times are of seconds: what is set anew would show.
    const start = Date.now();
    await waitFor('another second', () => Date.now() - start > 1_100);
    const again = await fleet.reconciled(name);
    expect(again.status).toEqual({
      ...refused.status,
      lastHandledReconcileAt: again.status?.lastHandledReconcileAt,
    });
    expect((await fleet.events(name)).filter((event) => event.startsWith('PinRefused'))).toHaveLength(1);
  });

  it('is not fetched either where there is no artifact yet', async () => {
    const verify = { mode: 'HEAD', secretRef: { name: 'trusted' } };
    const name = 'unsigned';
    const repository = await fleet.git.createRepository(name);
    const first = await repository.commit({ 'a.txt': 'one' });
    await fleet.hub.asked({ pins: [pinOf(name, `main@sha1:${first}`)] });
    await fleet.cluster.apply({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name, namespace: fluxNamespace },
      spec: { url: repository.url, interval: '1h', ref: { branch: 'main' }, verify },
    });
    const refused = await fleet.gate(name, 'Refused');
    expect(artifactOf(refused)).toBeUndefined();
    expect(conditionOf(refused, 'Ready')).toMatchObject({ status: 'False', reason: 'PinRefused' });
  });
});
