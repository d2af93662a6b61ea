// Whom the hub asks for Git, when it may talk to some hosts only.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { startLoopback } from '../servers/loopback.js';
import type { Loopback } from '../servers/loopback.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { seedCluster } from './api-seed.js';
import { environment, pipeline } from './documents.js';

let server: GitServer;
let elsewhere: GitServer;
let redirecting: Loopback;
let url: string;
let moved: string;
beforeAll(async () => {
  server = await startGitServer();
  elsewhere = await startGitServer();
  const there = await elsewhere.createRepository('fleet');
  await there.commit({ 'environments.yaml': JSON.stringify(environment('dev')) });
  redirecting = await startLoopback(({ path, query }) => ({
    status: 302,
    headers: { location: `${elsewhere.url}${path}?${query.toString()}` },
  }));
  const repository = await server.createRepository('fleet');
  await repository.commit({ 'environments.yaml': JSON.stringify(environment('dev')) });
  url = repository.url;
  moved = `${redirecting.url}/fleet.git`;
});
afterAll(async () => {
  await server?.stop();
  await elsewhere?.stop();
  await redirecting?.stop();
});

const hostOf = (address: string) => new URL(address).host;

/** A hub that reads its configuration and watches a branch; what it says of both once it has looked. */
async function looks(
  address: string,
  outgoingHost: string,
): Promise<{ readonly configuration: string; readonly watch: string; readonly commit: string | null }> {
  const api: ApiHub = await startApiHub(await sharedPostgres(), {
    FLOTILLA_HUB_CONFIG_GIT_URL: address,
    FLOTILLA_HUB_CONFIG_GIT_INTERVAL: '1',
    FLOTILLA_HUB_OUTGOING_HOST: outgoingHost,
  });
  try {
    await seedCluster(api, { name: 'a', labels: { env: 'mine' } });
    const watched = pipeline('shop', ['mine'], { releases: { watch: [{ url: address }] } });
    const documents = [environment('mine'), watched];
    const applied = await api.ask('PUT', '/api/v1/apply', { body: { documents } });
    expect(applied.statusCode, applied.body).toBe(200);
    return await waitFor('both looks', async () => {
      const { git } = (await api.ask('GET', '/api/v1/configuration')).json();
      const [watch] = (await api.ask('GET', '/api/v1/pipelines/shop')).json().watches;
      if (git?.checkedAt == null || watch?.checkedAt == null) return false;
      return { configuration: git.message as string, watch: watch.message as string, commit: watch.commit };
    });
  } finally {
    await api.stop();
  }
}

describe('the configuration and the watches of pipelines', () => {
  it('come from every server where nothing is said', async () => {
    const seen = await looks(url, '');
    expect(seen).toEqual({ configuration: '', watch: '', commit: expect.any(String) });
  });

  it('come from a host of --outgoing-host', async () => {
    const seen = await looks(url, `git.example.com,${hostOf(url)}`);
    expect(seen).toEqual({ configuration: '', watch: '', commit: expect.any(String) });
  });

  it('are not asked of another one, which the status says', async () => {
    server.resetRequests();
    const refused = `${url}: ${hostOf(url)} is not one of the hosts of --outgoing-host`;
    const seen = await looks(url, 'git.example.com');
    expect(seen).toEqual({ configuration: refused, watch: refused, commit: null });
    expect(server.requests()).toBe(0);
  });

  it('follow no server to another one where only some may be asked', async () => {
    elsewhere.resetRequests();
    const seen = await looks(moved, hostOf(moved));
    expect(seen.configuration).toContain(moved);
    expect(seen.watch).toContain(moved);
    expect([seen.commit, elsewhere.requests()]).toEqual([null, 0]);
  });

  it('are never asked of addresses of machines and clouds themselves', async () => {
    const address = 'http://169.254.169.254/fleet.git';
    const refused = `${address}: 169.254.169.254 is an address that the hub does not talk to`;
    expect(await looks(address, '')).toEqual({ configuration: refused, watch: refused, commit: null });
  });
});
