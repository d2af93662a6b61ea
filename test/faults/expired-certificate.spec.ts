// An agent that was away for longer than its certificate lived, with a join token that is used up. Hub and link are the
// real ones, over real TLS; only the clock of the hub is turned, so that nobody has to wait for a day.
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HubLink } from '@flotilla/agent/hublink/hub-link';
import { enroll } from '@flotilla/agent/hublink/identity/enroll';
import type { Identity, IdentityStore } from '@flotilla/agent/hublink/identity/identity';
import { StandingDesk } from '@flotilla/agent/hublink/standing/standing-desk';
import { IntentDesk } from '@flotilla/agent/hublink/intents/intent-desk';
import { DiskRecordLog } from '@flotilla/agent/hublink/records/disk-record-log';
import { StateTable } from '@flotilla/agent/hublink/state/state-table';
import { systemClock } from '@flotilla/agent/runtime/clock';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { Clock } from '@flotilla/hub/platform/clock';
import { SessionRegistry } from '@flotilla/hub/gateway/session-registry';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { makeJoinToken } from '../hub/gateway-agent.js';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';
import { type FreezingProxy, startFreezingProxy } from './freezing-proxy.js';

class TurnedClock extends Clock {
  offsetMs = 0;
  override now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }
}

const dayMs = 86_400_000;
const clock = new TurnedClock();
const folder = temporaryFolder('expired');
const stopping = new AbortController();
let hub: RunningHub;
let enrolment: FreezingProxy;

beforeAll(async () => {
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  hub = await startTestHub({ databaseUrl, clock });
  enrolment = await startFreezingProxy(hub.enrolAddress);
});

afterAll(async () => {
  stopping.abort();
  await enrolment?.stop();
  await hub?.stop();
  folder.remove();
});

/** Enrols three days ago, and gives what was in the Secret since. */
async function enrolledLongAgo(clusterName: string): Promise<{ identity: Identity; joinToken: string }> {
  clock.offsetMs = -3 * dayMs;
  const joinToken = await makeJoinToken(hub, { uses: 1, ttlMs: 30 * dayMs });
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const privateKey = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const member = { clusterName, labels: {}, clusterUid: `uid-${clusterName}`, privateKey };
  const identity = await enroll({ address: enrolment.address, joinToken, ...member });
  clock.offsetMs = 0;
  return { identity, joinToken };
}

/** Runs the link of an agent until the end of the test. */
function startLink(clusterName: string, stored: { identity: Identity }, joinToken?: string): void {
  const identityStore: IdentityStore = {
    load: () => Promise.resolve({ identity: stored.identity, privateKey: stored.identity.privateKey }),
    saveKey: () => Promise.resolve(),
    save: (identity) => Promise.resolve(void (stored.identity = identity)),
  };
  const never = (): Promise<never> => Promise.reject(new Error('nobody asks this agent for anything'));
  const common = { clock: systemClock, logger: silentLogger };
  const link = new HubLink({
    ...common,
    hubAddress: hub.agentAddress,
    enrollAddress: enrolment.address,
    joinToken,
    clusterName,
    labels: {},
    clusterUid: `uid-${clusterName}`,
    facts: { agentVersion: '0.1.0', kubernetesVersion: 'v1.33.0', shard: '', shards: [] },
    identityStore,
    table: new StateTable(`table-${clusterName}`),
    records: new DiskRecordLog({ directory: `${folder.path}/${clusterName}` }),
    intents: new IntentDesk({
      ...common,
      client: { get: never, patch: never },
      signal: stopping.signal,
      policy: { allowed: [] },
    }),
    standing: new StandingDesk({
      ...common,
      record: { keep: never },
      cache: {
        kept: { readable: false, why: 'nothing is kept' },
        observe: () => undefined,
        onLost: () => () => undefined,
      },
      verbs: [],
    }),
  });
  void link.run(stopping.signal);
}

function isConnected({ identity }: { readonly identity: Identity }): boolean {
  const sessions = hub.app.get(SessionRegistry, { strict: false }).all;
  return sessions.some(({ clusterId }) => clusterId === identity.clusterId);
}

describe('an agent whose certificate has expired while it was away', () => {
  it('comes back with the key that it has, without a join token', async () => {
    const stored = await enrolledLongAgo('alone');
    const before = stored.identity;
    startLink('alone', stored);
    await waitFor('the connection', () => isConnected(stored), { timeoutMs: 10_000 });
    expect(stored.identity.certificateChain).not.toBe(before.certificateChain);
    expect(stored.identity.clusterId).toBe(before.clusterId);
  });

  it('waits for a hub that cannot be reached, though its join token is used up', async () => {
    const stored = await enrolledLongAgo('patient');
    enrolment.cut();
    startLink('patient', stored, stored.joinToken);
    await sleep(1_500);
    expect(isConnected(stored)).toBe(false);
    enrolment.mend();
    await waitFor('the connection', () => isConnected(stored), { timeoutMs: 15_000 });
  });
});
