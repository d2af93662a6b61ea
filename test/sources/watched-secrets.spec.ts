import type { GetOptions, KubeClient } from '@flotilla/agent/kube/client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { KubeApiError } from '@flotilla/agent/kube/errors';
import { createTransport } from '@flotilla/agent/kube/transport';
import { systemClock } from '@flotilla/agent/runtime/clock';
import { createLogger } from '@flotilla/agent/runtime/logger';
import { createWatchedSecrets, type WatchedSecrets } from '@flotilla/agent/sources/watched-secrets';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedControlPlane } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';

let namespace: string;
let real: KubeClient;
let closeTransport: () => Promise<void>;
let secrets: WatchedSecrets;
let gets = 0;

beforeAll(async () => {
  const cluster = await sharedControlPlane();
  namespace = await cluster.createNamespace('secrets');
  const transport = createTransport(await loadCluster({ kubeconfig: cluster.kubeconfig }));
  closeTransport = () => transport.close();
  real = createKubeClient(transport);
});
afterAll(() => closeTransport?.());
beforeEach(() => {
  gets = 0;
});
afterEach(() => secrets.stop());

const logger = createLogger({ level: 'error', write: () => undefined, now: () => Date.now() });
function open(over: Partial<KubeClient> = {}, options: { maxWatched?: number } = {}): WatchedSecrets {
  const client = Object.assign(Object.create(real) as KubeClient, {
    get: (ref: Parameters<KubeClient['get']>[0], getOptions?: GetOptions) => {
      gets += 1;
      return real.get(ref, getOptions);
    },
    ...over,
  });
  secrets = createWatchedSecrets({ client, clock: systemClock, logger, ...options });
  return secrets;
}
const put = (name: string, stringData: Record<string, string>) =>
  real.apply(
    { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name }, stringData },
    { fieldManager: 'test', force: true },
  );
const cached = (name: string) => secrets.read(namespace, name, { mayBeCached: true });
/** Reads until a read costs no request. */
const settled = (name: string) =>
  waitFor(`the watch of ${name}`, async () => {
    const before = gets;
    await cached(name);
    return gets === before;
  });

describe('a Secret that is read again and again', () => {
  it('costs no request, and its changes and its end are seen', async () => {
    open();
    await put('a', { key: 'one' });
    expect(await cached('a')).toEqual({ key: 'one' });
    await settled('a');
    const before = gets;

    for (let round = 0; round < 10; round += 1) expect(await cached('a')).toEqual({ key: 'one' });
    await put('a', { key: 'two' });
    await waitFor('the change', async () => (await cached('a'))?.['key'] === 'two');
    await real.delete({ apiVersion: 'v1', kind: 'Secret', namespace, name: 'a' });
    await waitFor('the end', async () => (await cached('a')) === undefined);

    expect(gets).toBe(before);
  });

  it('is read from the API server when somebody waits for a change', async () => {
    open();
    await put('b', { key: 'one' });
    await settled('b');
    const before = gets;

    await put('b', { key: 'two' });

    expect(await secrets.read(namespace, 'b')).toEqual({ key: 'two' });
    expect(gets).toBe(before + 1);
  });

  it('is not watched beyond the bound, nor where watching is refused', async () => {
    await Promise.all([put('c', { key: 'c' }), put('d', { key: 'd' })]);
    open({}, { maxWatched: 1 });
    await settled('c');
    for (let round = 0; round < 3; round += 1) expect(await cached('d')).toEqual({ key: 'd' });
    expect(gets).toBeGreaterThanOrEqual(4);
    await secrets.stop();

    let lists = 0;
    open({
      list: () => {
        lists += 1;
        return Promise.reject(new KubeApiError({ code: 403, message: 'forbidden' }));
      },
    });
    gets = 0;
    for (let round = 0; round < 5; round += 1) {
      expect(await cached('c')).toEqual({ key: 'c' });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect([gets, lists]).toEqual([5, 1]);
  });
});
