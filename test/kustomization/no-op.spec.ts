import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, deployment, KustomizationRig, type Files } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController();
});
afterAll(async () => rig?.stop());

/** Makes Kustomizations app-0 … app-n of one source, each with two objects, and waits until all are ready. */
async function fleet(
  count: number,
  spec: Record<string, unknown> = {},
): Promise<{ ns: string; files: Files }> {
  const ns = await rig.namespace();
  const files: Record<string, string> = {};
  for (let i = 0; i < count; i++) {
    files[`app-${i}/config.yaml`] = configMap(ns, `config-${i}`, { v: '1' });
    files[`app-${i}/web.yaml`] = deployment(ns, `web-${i}`, 'app:1', 0);
  }
  await rig.publish(ns, 'fleet', 'main@sha1:1', files);
  for (let i = 0; i < count; i++) await rig.kustomization(ns, `app-${i}`, { path: `app-${i}`, ...spec });
  await allReady(ns, count, 'main@sha1:1');
  return { ns, files };
}

async function allReady(ns: string, count: number, revision: string): Promise<void> {
  for (let i = 0; i < count; i++) await rig.untilReady(ns, `app-${i}`, revision);
  await sleep(500); // What the last status write brings about is over, too.
  rig.requests.length = 0;
  rig.builds = 0;
}

/** Requests that name an object, not those that list and watch a kind. */
const objectRequests = () =>
  rig.requests.filter(
    (request) => !/^GET .*\/(configmaps|deployments|kustomizations|gitrepositories)$/.test(request),
  );

describe('cost follows change, not size', () => {
  it('an interval at which nothing changed costs no build and no request', async () => {
    await fleet(5, { interval: '1s' });
    const events = rig.events.length;
    await sleep(3_000);

    expect({ requests: rig.requests, builds: rig.builds, events: rig.events.length }).toEqual({
      requests: [],
      builds: 0,
      events,
    });
  });

  it('a commit that concerns nobody moves the revision with one status write each', async () => {
    const { ns, files } = await fleet(4);
    await rig.publish(ns, 'fleet', 'main@sha1:2', { ...files, 'docs/readme.md': 'new' });
    for (let i = 0; i < 4; i++) await rig.untilReady(ns, `app-${i}`, 'main@sha1:2');

    expect(rig.builds).toBe(0);
    expect(objectRequests().sort()).toEqual(
      [0, 1, 2, 3].map(
        (i) => `PATCH /apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${ns}/kustomizations/app-${i}/status`,
      ),
    );
    const object = await rig.read(ns, 'app-0');
    expect(object?.status).toMatchObject({
      lastAttemptedRevision: 'main@sha1:2',
      history: [{ totalReconciliations: 2, metadata: { revision: 'main@sha1:2' } }],
    });
  });

  it('a commit that changes one object of one application builds once and costs few requests', async () => {
    const { ns, files } = await fleet(4);
    await rig.publish(ns, 'fleet', 'main@sha1:2', {
      ...files,
      'app-2/config.yaml': configMap(ns, 'config-2', { v: '2' }),
    });
    for (let i = 0; i < 4; i++) await rig.untilReady(ns, `app-${i}`, 'main@sha1:2');

    expect(rig.builds).toBe(1);
    const own = objectRequests().filter((request) => /config-|web-|app-2\//.test(request));
    // Two status writes, and an apply of the one object. The other one is known to be in place.
    const config = `/api/v1/namespaces/${ns}/configmaps/config-2`;
    const status = `PATCH /apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${ns}/kustomizations/app-2/status`;
    expect(own).toEqual([status, `PATCH ${config}`, status]);
  });

  it('a request verifies everything, without a build', async () => {
    const { ns } = await fleet(1);
    await rig.request(ns, 'app-0');

    expect(rig.builds).toBe(0);
    expect(objectRequests().filter((request) => /config-0|web-0/.test(request))).toHaveLength(4);
    expect((await rig.read(ns, 'app-0'))?.status?.history?.[0]?.totalReconciliations).toBe(2);
  });
});

describe('a restart', () => {
  it('with nothing changed asks for no object and writes nothing', async () => {
    const { ns } = await fleet(5, { wait: true });
    await restart(async () => {});
    await sleep(1_500);

    expect(rig.builds).toBe(0);
    expect(objectRequests().filter((request) => request.includes(ns) && !isHealthRead(request))).toEqual([]);
  });

  it('corrects what drifted while nobody looked, and looks at nothing else', async () => {
    const { ns } = await fleet(3);
    await restart(async () => {
      await rig.client.patch(
        { apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'config-1' },
        { type: 'merge', body: { data: { v: 'edited' } } },
      );
      await rig.client.delete({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: ns, name: 'web-2' });
    });
    const data = async () => (await rig.get('v1', 'ConfigMap', ns, 'config-1'))?.['data'];
    await expect.poll(data, { timeout: 10_000 }).toEqual({ v: '1' });
    await expect.poll(() => rig.get('apps/v1', 'Deployment', ns, 'web-2'), { timeout: 10_000 }).toBeDefined();

    const names = objectRequests()
      .filter((request) => request.includes(ns))
      .map((request) => request.split('/').at(-1));
    expect(new Set(names)).toEqual(new Set(['config-1', 'web-2']));
    expect(rig.builds).toBe(0);
  });

  it('starts from scratch when its memory is lost', async () => {
    const { ns } = await fleet(1);
    await restart(async () => {}, `${rig.folder}/fresh`);
    await expect.poll(() => rig.builds, { timeout: 10_000 }).toBeGreaterThan(0);

    expect(await rig.untilReady(ns, 'app-0', 'main@sha1:1')).toBeDefined();
  });
});

async function restart(whileDown: () => Promise<void>, stateFolder?: string): Promise<void> {
  await rig.stopController();
  await whileDown();
  rig.requests.length = 0;
  rig.builds = 0;
  await rig.startController({}, stateFolder);
}

/** Looking whether what was healthy still is. */
function isHealthRead(request: string): boolean {
  return /^GET .*\/(config|web)-\d$/.test(request);
}
