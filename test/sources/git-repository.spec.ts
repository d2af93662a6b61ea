import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import { condition, startGitScenario, type GitScenario, soon } from './git-scenario.js';

let git: GitScenario;

beforeAll(async () => {
  git = await startGitScenario();
});
afterAll(() => git?.stop());

describe('a new GitRepository', () => {
  it('ends ready with the artifact, conditions, finalizer and event of flux-compat 2.1 - 2.3', async () => {
    const repo = await git.repository();
    const commit = await repo.commit(
      { 'a.yaml': 'kind: A' },
      'add the first app of this very long commit subject line',
    );
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });

    const object = await git.ready(name);

    const revision = `main@sha1:${commit}`;
    const file = await readFile(
      path.join(git.agent.storagePath, `gitrepository/${git.namespace}/${name}/${commit}.tar.gz`),
    );
    expect(object.status?.artifact).toEqual({
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
      lastUpdateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      path: `gitrepository/${git.namespace}/${name}/${commit}.tar.gz`,
      revision,
      size: file.length,
      url: `http://store.test/gitrepository/${git.namespace}/${name}/${commit}.tar.gz`,
    });
    const stored = {
      status: 'True',
      reason: 'Succeeded',
      message: `stored artifact for revision '${revision}'`,
      observedGeneration: 1,
      lastTransitionTime: expect.any(String) as string,
    };
    expect(object.status?.conditions).toEqual([
      { type: 'Ready', ...stored },
      { type: 'ArtifactInStorage', ...stored },
    ]);
    expect(object.status?.observedGeneration).toBe(1);
    expect(object.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
    await expect
      .poll(() => git.eventsOf(name), soon)
      .toEqual([
        {
          object: `GitRepository/${git.namespace}/${name}`,
          severity: 'info',
          reason: 'NewArtifact',
          message: `stored artifact for commit 'add the first app of this very long commit subject...'`,
          metadata: { revision, digest: object.status!.artifact!.digest },
        },
      ]);
  });

  it.each<[string, GitRepositorySpec['ref'], (c: Record<string, string>) => string]>([
    ['a branch', { branch: 'next' }, (c) => `next@sha1:${c['next']}`],
    ['a tag', { tag: 'v1.0.0' }, (c) => `v1.0.0@sha1:${c['one']}`],
    ['an annotated tag', { tag: 'v1.1.0' }, (c) => `v1.1.0@sha1:${c['two']}`],
    ['the highest tag of a range', { semver: '>=1.0.0 <2.0.0' }, (c) => `v1.1.0@sha1:${c['two']}`],
    ['a full ref name', { name: 'refs/pull/1/head' }, (c) => `refs/pull/1/head@sha1:${c['pull']}`],
    ['the name of a branch', { name: 'refs/heads/next' }, (c) => `refs/heads/next@sha1:${c['next']}`],
  ])('follows %s', async (_, ref, revision) => {
    const repo = await git.repository();
    const commits: Record<string, string> = {};
    commits['one'] = await repo.commit({ a: '1' });
    await repo.tag('v1.0.0');
    commits['two'] = await repo.commit({ a: '2' });
    await repo.tag('v1.1.0', 'annotated');
    await repo.commit({ a: '3' });
    await repo.tag('v2.0.0');
    await repo.tag('not-a-version');
    await repo.branch('next');
    commits['next'] = await repo.commit({ a: '4' });
    commits['pull'] = await repo.commit({ a: '5' });
    await repo.git('push', '--quiet', 'origin', 'HEAD:refs/pull/1/head');
    await repo.git('push', '--quiet', '--force', 'origin', `${commits['next']}:refs/heads/next`);

    const name = await git.create({ url: repo.url, ...(ref ? { ref } : {}) });

    expect((await git.ready(name)).status?.artifact?.revision).toBe(revision(commits));
  });

  it('takes a commit, alone and of a branch', async () => {
    const repo = await git.repository();
    const commit = await repo.commit({ a: '1' });
    await repo.commit({ a: '2' });

    const alone = await git.create({ url: repo.url, ref: { commit } });
    const ofBranch = await git.create({ url: repo.url, ref: { commit, branch: 'main' } });

    expect((await git.ready(alone)).status?.artifact?.revision).toBe(`sha1:${commit}`);
    expect((await git.ready(ofBranch)).status?.artifact?.revision).toBe(`main@sha1:${commit}`);
  });

  it('follows master when it says nothing', async () => {
    const repo = await git.server.createRepository('with-master', 'master');
    const commit = await repo.commit({ a: '1' });

    expect((await git.ready(await git.create({ url: repo.url }))).status?.artifact?.revision).toBe(
      `master@sha1:${commit}`,
    );
  });
});

describe('ignore rules (flux-compat 2.3)', () => {
  const files = {
    'app.yaml': 'x',
    'logo.png': 'x',
    '.github/workflow.yaml': 'x',
    'docs/a.md': 'x',
    'docs/keep.md': 'x',
    'docs/.sourceignore': '*.md\n!keep.md\n',
    '.gitignore': 'x',
  };

  it('leave the defaults out while there is no pattern', async () => {
    const repo = await git.repository();
    await repo.commit({
      ...files,
      'docs/.sourceignore': null,
      'export.yaml': 'x',
      '.gitattributes': '* export-ignore',
    });

    expect(
      await git.filesOf(await git.ready(await git.create({ url: repo.url, ref: { branch: 'main' } }))),
    ).toEqual(['app.yaml', 'docs/a.md', 'docs/keep.md', 'export.yaml']);
  });

  it('are read in every folder, and spec.ignore has the last word', async () => {
    const repo = await git.repository();
    await repo.commit(files);
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });
    expect(await git.filesOf(await git.ready(name))).toEqual([
      '.github/workflow.yaml',
      'app.yaml',
      'docs/.sourceignore',
      'docs/keep.md',
      'logo.png',
    ]);

    await git.apply(name, { url: repo.url, ref: { branch: 'main' }, ignore: '/*\n!/docs/a.md\n' });

    const changed = await waitFor('the new rules', async () => {
      const object = await git.ready(name);
      return object.status?.observedIgnore === '/*\n!/docs/a.md\n' && object;
    });
    expect(await git.filesOf(changed)).toEqual(['docs/a.md']);
    await expect
      .poll(() => git.eventsOf(name).map(({ reason }) => reason), soon)
      .toEqual(['NewArtifact', 'NewArtifact']);
  });
});

describe('a new commit', () => {
  it('arrives within the interval, with one event', async () => {
    const repo = await git.repository();
    await repo.commit({ a: '1' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' }, interval: '1s' });
    await git.ready(name);

    const commit = await repo.commit({ a: '2' }, 'second');

    await git.ready(name, `main@sha1:${commit}`);
    await expect
      .poll(() => git.eventsOf(name).filter(({ severity }) => severity === 'info'), soon)
      .toMatchObject([
        { reason: 'NewArtifact' },
        { reason: 'NewArtifact', message: "stored artifact for commit 'second'" },
      ]);
  });

  it('arrives at once on request, and a request without news is answered too', async () => {
    const repo = await git.repository();
    await repo.commit({ a: '1' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });
    await git.ready(name);
    const commit = await repo.commit({ a: '2' });

    expect((await git.reconciled(name)).status?.artifact?.revision).toBe(`main@sha1:${commit}`);
    expect((await git.reconciled(name)).status?.artifact?.revision).toBe(`main@sha1:${commit}`);
    await expect
      .poll(() => git.eventsOf(name).at(-1), soon)
      .toMatchObject({
        severity: 'trace',
        reason: 'GitOperationSucceeded',
        message: `no changes since last reconciliation: observed revision 'main@sha1:${commit}'`,
      });
  });

  it('of a rewritten history replaces the old one', async () => {
    const repo = await git.repository();
    const first = await repo.commit({ a: '1' });
    await repo.commit({ b: '2' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });
    await git.ready(name);

    const rewritten = await repo.forcePush(first, { c: '3' });

    const object = await git.reconciled(name);
    expect(object.status?.artifact?.revision).toBe(`main@sha1:${rewritten}`);
    expect(await git.filesOf(object)).toEqual(['a', 'c']);
  });
});

describe('a round without news', () => {
  it('asks for the refs once for all objects of a URL, fetches nothing and writes nothing', async () => {
    const repo = await git.repository();
    await repo.commit({ a: '1' });
    const specs = { url: repo.url, ref: { branch: 'main' }, interval: '2s' };
    const names = await Promise.all([1, 2, 3, 4, 5].map(() => git.create(specs)));
    await Promise.all(names.map((name) => git.ready(name)));
    const name = repo.url.split('/').at(-1)!.replace('.git', '');
    const before = git.server.requests(name);
    const writes = git.agent.writes();
    const programs = git.agent.programs.length;

    await new Promise((resolve) => setTimeout(resolve, 6_500));

    // Two requests a listing (discovery and refs): at most four rounds of one listing each, not five objects times.
    const asked = git.server.requests(name) - before;
    expect(asked).toBeGreaterThanOrEqual(2 * 2);
    expect(asked).toBeLessThanOrEqual(4 * 2);
    expect(git.agent.programs.slice(programs).every(({ args }) => args[0] === 'ls-remote')).toBe(true);
    expect(git.agent.writes()).toBe(writes);
    for (const each of names) await git.apply(each, { ...specs, suspend: true });
  });
});

describe('a round without news and with credentials', () => {
  it('does not ask for the Secret again; who asks for a reconcile gets the Secret as it is now', async () => {
    const repo = await git.repository(git.locked);
    await repo.commit({ a: '1' });
    await git.applySecret('quiet', { username: 'robot', password: 's3cret-p@ss' });
    const spec = { url: repo.url, ref: { branch: 'main' }, secretRef: { name: 'quiet' }, interval: '500ms' };
    const name = await git.create(spec);
    await git.ready(name);
    const rounds = (): number => git.agent.programs.filter(({ args }) => args.includes(repo.url)).length;
    // The watch of the Secret begins with the first quiet round.
    await waitFor('a watched Secret', async () => {
      const before = [git.agent.reads(), rounds()] as const;
      await waitFor('three rounds', () => rounds() >= before[1] + 3);
      return git.agent.reads() === before[0];
    });

    await git.applySecret('quiet', { username: 'robot', password: 'wr0ng' });
    const value = await git.request(name);

    const object = await waitFor('the answer', async () => {
      const found = await git.get(name);
      return found.status?.lastHandledReconcileAt === value && found;
    });
    expect(condition(object, 'Ready')).toMatchObject({ status: 'False', reason: 'GitOperationFailed' });
    await git.remove(name);
  });
});

describe('a suspended object', () => {
  it('does nothing, but acknowledges a request and its generation', async () => {
    const repo = await git.repository();
    const commit = await repo.commit({ a: '1' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });
    await git.ready(name);
    await git.apply(name, { url: repo.url, ref: { branch: 'main' }, suspend: true });
    await repo.commit({ a: '2' });

    const object = await git.reconciled(name);

    expect(object.status?.artifact?.revision).toBe(`main@sha1:${commit}`);
    expect(object.status?.observedGeneration).toBe(2);
    expect(condition(object, 'Ready')?.status).toBe('True');
  });
});

describe('a restart', () => {
  it('goes on without a fetch and without a write', async () => {
    const repo = await git.repository();
    await repo.commit({ a: '1' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });
    await git.ready(name);
    const fresh = await git.startSecondAgent();
    try {
      const short = repo.url.split('/').at(-1)!.replace('.git', '');
      await waitFor('the first round', () => fresh.programs.some(({ args }) => args.includes(repo.url)));
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(git.server.requests(short)).toBeGreaterThan(0);
      const commands = fresh.programs
        .filter(({ args }) => args.includes(repo.url))
        .map(({ args }) => args[0]);
      expect(commands).toEqual(['ls-remote']);
      expect(fresh.events.filter(({ object }) => object.endsWith(`/${name}`))).toEqual([]);
    } finally {
      await fresh.stop();
    }
  });
});
