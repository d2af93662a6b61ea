import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentConfig } from './config/agent-flags.js';
import { HubLink } from './hublink/hub-link.js';
import { SecretIdentityStore } from './hublink/identity/secret-identity-store.js';
import { IntentDesk } from './hublink/intents/intent-desk.js';
import { DiskRecordLog } from './hublink/records/disk-record-log.js';
import { recordSink } from './hublink/records/event-record.js';
import type { RecordLog } from './hublink/records/record-log.js';
import { parseAddress } from './hublink/session/address.js';
import { reportObjects } from './hublink/state/report-objects.js';
import { StateTable } from './hublink/state/state-table.js';
import type { KubeClient } from './kube/client.js';
import type { ObjectCache } from './runtime/cache.js';
import { sleep, type Clock } from './runtime/clock.js';
import type { EventSink } from './runtime/event-recorder.js';
import type { Logger } from './runtime/logger.js';
import { agentVersion } from './version.js';

const defaultEnrollPort = 8444;
const retryMs = 5_000;

export interface HubMembershipOptions {
  config: AgentConfig;
  client: KubeClient;
  clock: Clock;
  logger: Logger;
}

/** This cluster's membership in a fleet; a stand-alone agent has none. */
export interface HubMembership {
  /** Takes events for the hub from the start on, connected or not. */
  readonly sink: EventSink;
  /** Reports these objects until the signal is aborted. Never throws. */
  run(caches: readonly ObjectCache[], signal: AbortSignal): Promise<void>;
}

/** Thrown when the flags for the hub do not fit together. Says which to set. */
export class HubConfigError extends Error {
  override readonly name = 'HubConfigError';
}

/** Prepares the membership; undefined without --hub-address. @throws HubConfigError */
export function hubMembership(options: HubMembershipOptions): HubMembership | undefined {
  const { config, logger } = options;
  if (!config.hubAddress) return undefined;
  const settings = membershipSettings(config, config.hubAddress);
  const records = new DiskRecordLog({ directory: join(config.storagePath, '.flotilla', 'outbox') });
  return {
    sink: recordSink(records),
    async run(caches, signal) {
      const facts = await clusterFacts(options, signal);
      if (!facts) return;
      const table = new StateTable(randomUUID());
      const stopReporting = reportObjects(caches, table);
      try {
        await createLink(options, settings, facts, table, records, signal).run(signal);
      } finally {
        stopReporting();
        logger.debug({}, 'hub link stopped');
      }
    },
  };
}

interface MembershipSettings {
  hubAddress: string;
  enrollAddress: string;
  clusterName: string;
  joinToken: string | undefined;
}

function membershipSettings(config: AgentConfig, hubAddress: string): MembershipSettings {
  if (!config.clusterName) {
    throw new HubConfigError('--hub-address needs --cluster-name: the name of this cluster in the fleet');
  }
  const { host } = readAddress('--hub-address', hubAddress);
  const enrollAddress =
    config.hubEnrollAddress ?? `${host.includes(':') ? `[${host}]` : host}:${defaultEnrollPort}`;
  readAddress('--hub-enroll-address', enrollAddress);
  return { hubAddress, enrollAddress, clusterName: config.clusterName, joinToken: joinTokenOf(config) };
}

function readAddress(flag: string, address: string): { host: string } {
  try {
    return parseAddress(address);
  } catch (error) {
    throw new HubConfigError(`${flag}: ${(error as Error).message}`);
  }
}

function joinTokenOf(config: AgentConfig): string | undefined {
  if (config.joinToken || !config.joinTokenFile) return config.joinToken;
  try {
    return readFileSync(config.joinTokenFile, 'utf8').trim();
  } catch (error) {
    throw new HubConfigError(`--join-token-file cannot be read: ${(error as Error).message}`);
  }
}

interface ClusterFacts {
  clusterUid: string;
  kubernetesVersion: string;
}

/** Asks the cluster who it is, until it answers. Undefined when the agent stops first. */
async function clusterFacts(
  options: HubMembershipOptions,
  signal: AbortSignal,
): Promise<ClusterFacts | undefined> {
  const { client, clock, logger } = options;
  while (!signal.aborted) {
    try {
      const namespace = await client.get(
        { apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' },
        { signal },
      );
      const kubernetesVersion = await client.discovery.serverVersion({ signal });
      return { clusterUid: namespace?.metadata.uid ?? '', kubernetesVersion };
    } catch (error) {
      if (signal.aborted) return undefined;
      logger.error({ error }, 'cannot read the identity of the cluster; trying again');
      await sleep(clock, retryMs, signal).catch(() => undefined);
    }
  }
  return undefined;
}

function createLink(
  options: HubMembershipOptions,
  settings: MembershipSettings,
  facts: ClusterFacts,
  table: StateTable,
  records: RecordLog,
  signal: AbortSignal,
): HubLink {
  const { config, client, clock } = options;
  const logger = options.logger.child({ logger: 'hublink' });
  return new HubLink({
    ...settings,
    labels: config.clusterLabels,
    clusterUid: facts.clusterUid,
    facts: { agentVersion, kubernetesVersion: facts.kubernetesVersion, shard: '' },
    identityStore: new SecretIdentityStore({
      client,
      namespace: config.runtimeNamespace,
      name: config.identitySecret,
    }),
    table,
    records,
    intents: new IntentDesk({ client, clock, logger, signal, policy: { allowed: config.hubIntents } }),
    clock,
    logger,
  });
}
