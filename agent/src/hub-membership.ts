import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentConfig } from './config/agent-flags.js';
import { HubLink } from './hublink/hub-link.js';
import type { IdentityStore } from './hublink/identity/identity.js';
import { SecretIdentityStore } from './hublink/identity/secret-identity-store.js';
import { waitForIdentity } from './hublink/identity/wait-for-identity.js';
import { IntentDesk } from './hublink/intents/intent-desk.js';
import { DiskRecordLog } from './hublink/records/disk-record-log.js';
import { recordSink } from './hublink/records/event-record.js';
import type { RecordLog } from './hublink/records/record-log.js';
import { parseAddress } from './hublink/session/address.js';
import { StandingCache } from './hublink/standing/standing-cache.js';
import { StandingDesk } from './hublink/standing/standing-desk.js';
import { StandingRecord } from './hublink/standing/standing-record.js';
import { reportObjects } from './hublink/state/report-objects.js';
import { StateTable } from './hublink/state/state-table.js';
import type { NamespacedName } from '@flotilla/common/kube/object';
import type { KubeClient } from './kube/client.js';
import { QuestionDesk } from './questions/question-desk.js';
import type { ObjectCache } from './runtime/cache.js';
import { sleep, type Clock } from './runtime/clock.js';
import type { EventSink } from './runtime/event-recorder.js';
import type { Logger } from './runtime/logger.js';
import { shardNameOf } from './sharding/shard-name.js';
import { agentVersion } from './version.js';

const defaultEnrollPort = 8444;
const retryMs = 5_000;

export interface HubMembershipOptions {
  config: AgentConfig;
  client: KubeClient;
  clock: Clock;
  logger: Logger;
  /** The shard of an object, where --shards splits them. */
  shardOf?: ((name: NamespacedName) => number) | undefined;
}

/** This cluster's membership in a fleet; a stand-alone agent has none. */
export interface HubMembership {
  /** Takes events for the hub from the start on, connected or not. */
  readonly sink: EventSink;
  /** What the hub asks of the sources, as this cluster keeps it. Somebody has to run it. */
  readonly standing: StandingCache;
  /** Answers what the hub asks. Somebody has to give it a planner. */
  readonly questions: QuestionDesk;
  /** Reports these objects, with --shards those of one shard, until the signal is aborted. Never throws. */
  run(caches: readonly ObjectCache[], signal: AbortSignal, shard?: number): Promise<void>;
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
  const shardText = (shard: number | undefined): string =>
    shard === undefined ? shardNameOf(config.watchLabelSelector) : String(shard);
  const logs = new RecordLogs(join(config.storagePath, '.flotilla'));
  const standing = standingParts(options);
  const questions = new QuestionDesk({
    allowed: config.hubIntents,
    clock: options.clock,
    logger: logger.child({ logger: 'questions' }),
  });
  return {
    sink: {
      send: (notice) => recordSink(logs.of(options.shardOf?.(notice.involvedObject))).send(notice),
    },
    standing: standing.cache,
    questions,
    async run(caches, signal, shard) {
      const facts = await clusterFacts(options, signal);
      if (!facts) return;
      const table = new StateTable(randomUUID());
      const stopReporting = reportObjects(caches, table);
      const link = { settings, facts, table, records: logs.of(shard), shard: shardText(shard) };
      try {
        await createLink(options, link, { standing: standing.desk, questions }, signal).run(signal);
      } finally {
        stopReporting();
        logger.debug({}, 'hub link stopped');
      }
    },
  };
}

/** What waits for the hub: one log a shard, because each shard has a stream of its own. */
class RecordLogs {
  readonly #logs = new Map<string, RecordLog>();
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  of(shard: number | undefined): RecordLog {
    const name = shard === undefined ? 'outbox' : `outbox-${shard}`;
    const known = this.#logs.get(name);
    if (known) return known;
    const log = new DiskRecordLog({ directory: join(this.#folder, name) });
    this.#logs.set(name, log);
    return log;
  }
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

interface LinkParts {
  settings: MembershipSettings;
  facts: ClusterFacts;
  table: StateTable;
  records: RecordLog;
  shard: string;
}

function standingParts(options: HubMembershipOptions): { cache: StandingCache; desk: StandingDesk } {
  const { config, client, clock } = options;
  const { runtimeNamespace: namespace, standingConfigMap: name, hubIntents: verbs } = config;
  const logger = options.logger.child({ logger: 'hublink' });
  const cache = new StandingCache({ client, clock, logger, namespace, name, verbs });
  const record = new StandingRecord(client, namespace, name);
  return { cache, desk: new StandingDesk({ record, cache, verbs, clock, logger }) };
}

function createLink(
  options: HubMembershipOptions,
  parts: LinkParts,
  desks: { standing: StandingDesk; questions: QuestionDesk },
  signal: AbortSignal,
): HubLink {
  const { config, client, clock } = options;
  const { settings, facts, table, records, shard } = parts;
  const logger = options.logger.child({ logger: 'hublink' });
  const shards = Array.from({ length: config.shards }, (_, index) => String(index));
  return new HubLink({
    ...settings,
    labels: config.clusterLabels,
    clusterUid: facts.clusterUid,
    facts: { agentVersion, kubernetesVersion: facts.kubernetesVersion, shard, shards },
    identityStore: identityStore(options, parts),
    table,
    records,
    intents: new IntentDesk({ client, clock, logger, signal, policy: { allowed: config.hubIntents } }),
    ...desks,
    clock,
    logger,
  });
}

/** One shard enrols the cluster, with --shards the first; one that has no token waits for what it gets. */
function identityStore(
  { config, client, clock }: HubMembershipOptions,
  { settings, shard }: LinkParts,
): IdentityStore {
  const store = new SecretIdentityStore({
    client,
    namespace: config.runtimeNamespace,
    name: config.identitySecret,
  });
  const waits = config.shards > 0 ? shard !== '0' : shard !== '' && settings.joinToken === undefined;
  return waits ? waitForIdentity(store, clock) : store;
}
