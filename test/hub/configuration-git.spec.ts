import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import type { GitRepository } from '../servers/git-repository.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { startApiHub } from './api-hub.js';
import type { ApiHub } from './api-hub.js';
import { seedCluster } from './api-seed.js';
import { environment, pipeline } from './documents.js';

let server: GitServer;
let repository: GitRepository & { readonly url: string };
let api: ApiHub;
let count = 0;

interface GitStatus {
  readonly ready: boolean;
  readonly message: string;
  readonly appliedCommit: string | null;
  readonly seenCommit: string | null;
  readonly documents: number;
  readonly problems: { path: string; document: string; field: string }[];
}

const status = async () => (await api.ask('GET', '/api/v1/configuration')).json().git as GitStatus;
const names = async (kind: 'environments' | 'pipelines') =>
  ((await api.ask('GET', `/api/v1/${kind}`)).json().items as { name: string }[]).map(({ name }) => name);
/** JSON is YAML. */
const file = (...documents: object[]) => documents.map((one) => JSON.stringify(one)).join('\n---\n');

async function push(files: Record<string, string | null>): Promise<GitStatus> {
  const commit = await repository.commit(files);
  return waitFor('the pull', async () => {
    const now = await status();
    return now.seenCommit === commit && now;
  });
}

beforeAll(async () => {
  server = await startGitServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  count += 1;
  repository = await server.createRepository(`fleet-${count}`);
  await repository.commit({
    'README.md': 'x',
    'flotilla/environments.yaml': file(environment('dev'), environment('prod')),
    'flotilla/shop.yaml': file(pipeline('shop', ['dev', 'prod'])),
    'elsewhere/no.yaml': file(environment('not-mine')),
  });
  const postgres = await sharedPostgres();
  api = await startApiHub(postgres, {
    FLOTILLA_HUB_CONFIG_GIT_URL: repository.url,
    FLOTILLA_HUB_CONFIG_GIT_PATH: './flotilla/',
    FLOTILLA_HUB_CONFIG_GIT_INTERVAL: '1',
  });
  for (const env of ['dev', 'prod']) await seedCluster(api, { name: `${env}-1`, labels: { env } });
  await waitFor('the first pull', async () => (await status()).ready);
});
afterEach(async () => {
  server.setAvailable(true);
  await api?.stop();
});

describe('a hub that reads its configuration from Git', () => {
  it('has what the folder has, and says where it comes from', async () => {
    expect(await names('environments')).toEqual(['dev', 'prod']);
    expect(await names('pipelines')).toEqual(['shop']);
    const head = await repository.head();
    expect(await status()).toMatchObject({ ready: true, message: '', appliedCommit: head, documents: 3 });
    expect((await api.ask('GET', '/api/v1/pipelines/shop')).json()).toMatchObject({
      origin: { repository: `${repository.url}#main:flotilla`, path: 'flotilla/shop.yaml', commit: head },
      createdBy: `git:${repository.url}#main:flotilla`,
    });
  });

  it('follows changes, and removes what is removed', async () => {
    const git = await push({
      'flotilla/shop.yaml': null,
      'flotilla/environments.yaml': file(environment('dev'), environment('test', { env: 'prod' })),
    });
    expect(git).toMatchObject({ ready: true, documents: 2 });
    expect(await names('pipelines')).toEqual([]);
    expect(await names('environments')).toEqual(['dev', 'test']);
  });

  it('leaves alone what people have applied', async () => {
    await api.ask('PUT', '/api/v1/apply', { body: environment('mine', { env: 'dev' }) });
    await push({ 'flotilla/shop.yaml': null });
    expect(await names('environments')).toEqual(['dev', 'mine', 'prod']);
  });

  it('takes nothing of a commit with a mistake, and names the file, the document and the field', async () => {
    const before = await status();
    const broken = { ...pipeline('shop', ['dev', { name: 'prod', after: ['deev'] }]) };
    const git = await push({
      'flotilla/shop.yaml': file(broken),
      'flotilla/more.yaml': file(environment('more')),
    });
    expect(git).toMatchObject({ ready: false, appliedCommit: before.appliedCommit });
    expect(git.message).toBe(
      'flotilla/shop.yaml: Pipeline/shop: spec.environments[1].after[0]: environment "deev" is not in this pipeline; it has dev, prod',
    );
    expect(git.problems).toMatchObject([{ path: 'flotilla/shop.yaml', document: 'Pipeline/shop' }]);
    expect(await names('environments')).toEqual(['dev', 'prod']);
    expect(await push({ 'flotilla/shop.yaml': file(pipeline('shop', ['dev'])) })).toMatchObject({
      ready: true,
    });
    expect(await names('environments')).toEqual(['dev', 'more', 'prod']);
  });

  it('removes nothing when the folder is empty', async () => {
    const git = await push({ 'flotilla/shop.yaml': null, 'flotilla/environments.yaml': null });
    expect(git.message).toBe(
      'no file there holds a document of flotilla.dev; the 3 that came from there are kept',
    );
    expect(await names('pipelines')).toEqual(['shop']);
  });

  it('removes nothing when the server does not answer, and goes on when it does', async () => {
    server.setAvailable(false);
    const git = await waitFor('the failure', async () => {
      const now = await status();
      return !now.ready && now;
    });
    expect(git.message).toContain(repository.url);
    expect(await names('pipelines')).toEqual(['shop']);
    server.setAvailable(true);
    await waitFor('the recovery', async () => (await status()).ready);
  });

  it('refuses to change by hand what it reads from Git, unless forced; the next pull undoes it', async () => {
    const changed = environment('dev', { env: 'prod' });
    const refused = await api.ask('PUT', '/api/v1/apply', { body: changed });
    expect(refused.statusCode).toBe(409);
    expect(refused.json().error.message).toBe(
      `Environment/dev is kept in Git: flotilla/environments.yaml in ${repository.url}#main:flotilla, commit ${(await repository.head()).slice(0, 12)}`,
    );
    expect((await api.ask('DELETE', '/api/v1/pipelines/shop')).statusCode).toBe(409);
    expect((await api.ask('DELETE', '/api/v1/pipelines/shop?force=true')).statusCode).toBe(204);
    await waitFor('it to come back', async () => (await names('pipelines')).includes('shop'));
    const lone = environment('dev', { env: 'dev', extra: 'x' }, { allowEmpty: true });
    expect((await api.ask('PUT', '/api/v1/apply?force=true', { body: lone })).statusCode).toBe(200);
    await waitFor('it to be as in Git', async () => {
      const answer = await api.ask('GET', '/api/v1/environments/dev');
      return answer.json().selector === 'env=dev';
    });
  });

  it('writes nothing while nothing changes', async () => {
    const rows = 'SELECT name, xmin::text FROM pipelines UNION ALL SELECT name, xmin::text FROM environments';
    const before = await api.database.query(rows);
    const asked = server.requests(`fleet-${count}`);
    await waitFor('two more looks', () => server.requests(`fleet-${count}`) > asked + 4);
    expect(await api.database.query(rows)).toEqual(before);
    const audited = await api.database.query(
      `SELECT FROM audit_records WHERE action ~ '^(environment|pipeline)[.]'`,
    );
    expect(audited).toHaveLength(3);
  });
});
