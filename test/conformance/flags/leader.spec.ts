import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { KubeObject } from '@flotilla/common/kube/object';
import { sharedControlPlane } from '../../servers/shared/shared-servers.js';
import { freePort } from '../../servers/ports.js';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { waitFor } from '../../servers/wait-for.js';
import { startProxy } from '../../runtime/tcp-proxy.js';
import { type ConformanceRig, type Flags, startConformanceRig } from '../rig/conformance-agent.js';
import { configMap } from '../rig/manifests.js';
import { type Row, testRows } from '../rig/row.js';
import { World } from '../rig/world.js';

const rigs: ConformanceRig[] = [];
let flags: Flags;
let world: World;
let namespace: string;
/** Of the replica that was started last. */
let storageAddress: string;

async function start(beside?: ConformanceRig): Promise<ConformanceRig> {
  const more = { ...flags, storageAddr: (storageAddress = `127.0.0.1:${await freePort()}`) };
  const rig = await startConformanceRig({ flags: more, ...(beside ? { beside } : {}) });
  rigs.push(rig);
  return rig;
}

beforeAll(async () => {
  namespace = await (await sharedControlPlane()).createNamespace('lease');
  flags = {
    runtimeNamespace: namespace,
    enableLeaderElection: 'true',
    leaderElectionLeaseDuration: '7s',
    leaderElectionRenewDeadline: '4s',
    leaderElectionRetryPeriod: '1s',
  };
  world = await World.create(await start(), {});
  await world.writeFiles({ 'a.yaml': configMap('a') });
});
afterAll(async () => {
  for (const rig of rigs) await rig.stop();
});

interface Lease {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
}

async function lease(of = namespace): Promise<Lease> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${of}/leases/flotilla-agent-leader-election`;
  return ((await world.kube.call({ path })) as unknown as KubeObject & { spec: Lease }).spec;
}

const isLeading = async ({ metricsUrl }: ConformanceRig): Promise<boolean> =>
  /^leader_election_master_status\{[^}]*\} 1$/m.test(await (await fetch(metricsUrl)).text());

/** A process that has ended leads nobody. */
const hasStopped = (rig: ConformanceRig): Promise<boolean> =>
  isLeading(rig).then(
    (is) => !is,
    () => true,
  );

/** A replica with a lease of its own, which it holds. */
async function startAlone(more: Flags): Promise<{ rig: ConformanceRig; place: string }> {
  const place = await (await sharedControlPlane()).createNamespace('lease');
  const rig = await startConformanceRig({ flags: { ...flags, runtimeNamespace: place, ...more } });
  await waitFor('a leader', async () => isLeading(rig), { timeoutMs: 30_000 });
  return { rig, place };
}

interface LeaderRow extends Row {
  readonly run: () => Promise<void>;
}

/** One life of two replicas: each row goes on where the one before has ended (flux-compat 8.1). */
const rows: readonly LeaderRow[] = [
  {
    section: '8.1',
    behaviour: '--enable-leader-election: the holder of the lease works',
    run: async () => {
      await world.applySource();
      await world.settled(world.source);
      expect(await isLeading(rigs[0]!)).toBe(true);
    },
  },
  {
    section: '8.1',
    behaviour: '--leader-election-lease-duration is in the lease',
    run: async () => expect((await lease()).leaseDurationSeconds).toBe(7),
  },
  {
    section: '8.1',
    behaviour: '--leader-election-retry-period: the lease is renewed that often',
    run: async () => {
      const renewed = async () => ((await lease()) as { renewTime?: string }).renewTime;
      const before = await renewed();
      await waitFor('a renewal', async () => (await renewed()) !== before, { timeoutMs: 4_000 });
    },
  },
  {
    section: '8.1',
    behaviour: '--enable-leader-election: another replica is ready, and does not work',
    run: async () => {
      const second = await start(rigs[0]);
      const { holderIdentity } = await lease();
      await world.pause(2_500);
      expect(await isLeading(second)).toBe(false);
      expect((await lease()).holderIdentity).toBe(holderIdentity);
    },
  },
  {
    section: '2.1',
    behaviour: 'a replica that is not the leader serves no artifacts: the probe GET / of its storage fails',
    run: async () => {
      for (const path of ['', 'gitrepository/x/y/z.tar.gz'])
        expect((await fetch(`http://${storageAddress}/${path}`)).status).toBe(503);
    },
  },
  {
    section: '8.1',
    behaviour:
      '--leader-election-release-on-cancel: the lease is given up at the end, and the other takes over',
    run: async () => {
      const { holderIdentity } = await lease();
      await rigs.shift()!.stop();
      // At once, not when it has run out.
      expect((await lease()).holderIdentity).not.toBe(holderIdentity);
      await waitFor('the other one', async () => isLeading(rigs[0]!), { timeoutMs: 30_000 });
      expect((await fetch(`http://${storageAddress}/`)).status).toBe(200);
    },
  },
  {
    section: '8.1',
    behaviour: '--leader-election-release-on-cancel=false: the lease stays with the one that has ended',
    run: async () => {
      const { rig, place } = await startAlone({ leaderElectionReleaseOnCancel: 'false' });
      const { holderIdentity } = await lease(place);
      await rig.stop();
      expect(holderIdentity).toBeTruthy();
      expect((await lease(place)).holderIdentity).toBe(holderIdentity);
    },
  },
  {
    section: '8.1',
    behaviour:
      '--leader-election-renew-deadline: who cannot renew for so long stops, although the lease is still its own',
    run: async () => {
      const { kubeconfig } = await sharedControlPlane();
      const text = readFileSync(kubeconfig, 'utf8');
      const server = /"?server"?: *"?(https:[^"\s,}]+)/.exec(text)?.[1] ?? '';
      const proxy = await startProxy(new URL(server));
      const folder = temporaryFolder('lease');
      const through = `${folder.path}/kubeconfig`;
      writeFileSync(through, text.replace(server, proxy.url));
      const { rig, place } = await startAlone({
        kubeconfig: through,
        leaderElectionLeaseDuration: '10m',
        leaderElectionRenewDeadline: '3s',
      });
      const { holderIdentity } = await lease(place);
      proxy.hold();
      await waitFor('the end of its work', () => hasStopped(rig), { timeoutMs: 60_000 });
      expect((await lease(place)).holderIdentity).toBe(holderIdentity);
      await rig.stop();
      await proxy.stop();
      folder.remove();
    },
  },
];

describe('leader election', () => {
  testRows(rows, async ({ run }) => run(), { concurrency: 1 });
});
