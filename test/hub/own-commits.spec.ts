// A pipeline that watches the branch to which its own promotions write.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { pipeline } from './documents.js';
import type { Release } from './release-view.js';
import { RolloutRig } from './rollout-rig.js';

let api: ApiHub;
let rig: RolloutRig;
let server: GitServer;

beforeAll(async () => {
  server = await startGitServer();
  api = await startApiHub(await sharedPostgres());
  rig = new RolloutRig(api);
  for (const name of ['prod', 'other']) await rig.environment(name);
});
afterAll(async () => {
  await api?.stop();
  await server?.stop();
});

const kustomization = (tag: string) => `images:\n- name: app\n  newTag: ${tag}\n`;
const image = { type: 'image', file: 'prod.yaml', image: 'app', tagFrom: { file: 'dev.yaml' } };

async function releases(name: string): Promise<readonly Release[]> {
  return (await api.ask('GET', `/api/v1/releases?pipeline=${name}`)).json().items as Release[];
}

/** Waits for a state; the watch looks again whenever its interval is over. */
function until<T>(what: string, state: () => Promise<T | false>): Promise<T> {
  return waitFor(
    what,
    async () => {
      api.clock.advance(1_000);
      for (const name of rig.clusters.keys()) await rig.confirm(name);
      return state();
    },
    { timeoutMs: 60_000 },
  );
}

async function seen(name: string, commit: string): Promise<boolean> {
  const { watches } = (await api.ask('GET', `/api/v1/pipelines/${name}`)).json();
  return watches[0]?.commit === commit;
}

describe('what a promotion writes to a branch that is watched', () => {
  it('is no release of its own pipeline, comes with the next commit of somebody else, and is one elsewhere', async () => {
    const repository = await server.createRepository('org/fleet');
    const base = await repository.commit({
      'dev.yaml': kustomization('v2'),
      'prod.yaml': kustomization('v1'),
    });
    await rig.cluster('prod-a', { env: 'prod' }, base);
    const releasesOf = { releases: { watch: [{ url: repository.url, interval: '1s' }] } };
    const written = { name: 'prod', delivery: 'git', git: { url: repository.url, changes: [image] } };
    const manual = { name: 'other', promote: 'manual' };
    const documents = [pipeline('web', [written], releasesOf), pipeline('reader', [manual], releasesOf)];
    const applied = await api.ask('PUT', '/api/v1/apply', { body: { documents } });
    expect(applied.statusCode, applied.body).toBe(200);
    const tip = async () => (await repository.git('ls-remote', 'origin', 'refs/heads/main')).slice(0, 40);
    const own = await until('the commit of the hub', async () => {
      const now = await tip();
      return now !== base && now;
    });
    await until('the hub to have judged it', async () => {
      const judged = api.log().includes('commits of promotions make no release');
      return (await seen('web', own)) && judged;
    });
    // The pipeline that does not write it takes it for what it is: a commit.
    const read = await until('the release of the reader', async () => {
      const found = await releases('reader');
      return found[0]?.items[0]?.revision === `main@sha1:${own}` && found;
    });
    expect(read.map(({ name }) => name)).toEqual(['reader-2', 'reader-1']);
    expect((await releases('web')).map(({ name }) => name)).toEqual(['web-1']);

    await repository.git('fetch', '--quiet', 'origin');
    await repository.git('reset', '--quiet', '--hard', 'origin/main');
    const next = await repository.commit({ 'dev.yaml': kustomization('v3') });
    const [second] = await until('the next release', async () => {
      const found = await releases('web');
      return found.length > 1 && found;
    });
    expect(second).toMatchObject({ name: 'web-2', items: [{ revision: `main@sha1:${next}` }] });
  }, 240_000);
});
