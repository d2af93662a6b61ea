// An agent without a cluster: the link to the hub is the agent's own, the objects behind it are made up. A source that
// is pinned to another revision is on its way at once, and there after the time that its workload takes.
import { randomUUID } from 'node:crypto';
import type { KubeObject } from '@flotilla/common/kube/object';
import { HubLink } from '@flotilla/agent/hublink/hub-link';
import type { IdentityStore, StoredIdentity } from '@flotilla/agent/hublink/identity/identity';
import type { IntentDesk } from '@flotilla/agent/hublink/intents/intent-desk';
import type { RecordLog } from '@flotilla/agent/hublink/records/record-log';
import { StandingDesk } from '@flotilla/agent/hublink/standing/standing-desk';
import { emptySet, type StandingPin, type StandingSet } from '@flotilla/agent/hublink/standing/standing-set';
import { StateTable } from '@flotilla/agent/hublink/state/state-table';
import { systemClock } from '@flotilla/agent/runtime/clock';
import { type Logger, silentLogger } from '@flotilla/agent/runtime/logger';
import {
  gitRepository,
  kustomization,
  kustomizationNames,
  type PinState,
  revisionOf,
  sourceName,
} from './reported-objects.js';

export interface SimulatedAgentOptions {
  readonly name: string;
  readonly joinToken: string;
  readonly hubAddress: string;
  readonly enrollAddress: string;
  /** GitRepositories. */
  readonly sources: number;
  /** All objects, sources included. */
  readonly objects: number;
  /** How long a workload takes, on average; half of that more or less. */
  readonly workMs: number;
}

/** A pin that the agent was given; times in milliseconds since 1970. */
export interface Move {
  readonly source: string;
  readonly revision: string;
  /** Ids of all pins to this revision: more than one means that it was told again. */
  readonly pins: string[];
  readonly pinnedAt: number;
  /** How long the workload was to take. */
  readonly workMs: number;
  /** When the last report about it went into the agent's table. */
  doneAt: number | undefined;
}

interface Source {
  readonly name: string;
  readonly kustomizations: readonly string[];
  /** What the source holds, and what its Kustomizations have applied. */
  fetched: string;
  applied: string;
  pin: PinState | undefined;
}

export class SimulatedAgent {
  readonly moves: Move[] = [];
  connections = 0;
  readonly #table = new StateTable(randomUUID());
  readonly #sources: readonly Source[];
  readonly #options: SimulatedAgentOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #connected: (() => void) | undefined;

  constructor(options: SimulatedAgentOptions) {
    this.#options = options;
    const { sources, objects } = options;
    this.#sources = Array.from({ length: sources }, (_, index) => ({
      name: sourceName(index),
      kustomizations: kustomizationNames(index, sources, objects),
      fetched: revisionOf(sourceName(index), 0),
      applied: revisionOf(sourceName(index), 0),
      pin: undefined,
    }));
    for (const source of this.#sources) {
      this.#reportSource(source);
      this.#reportApplied(source);
    }
  }

  /** Resolves when the first session has begun. */
  start(): Promise<void> {
    const { name, joinToken, hubAddress, enrollAddress } = this.#options;
    const link = new HubLink({
      hubAddress,
      enrollAddress,
      joinToken,
      clusterName: name,
      labels: {},
      clusterUid: `uid-${name}`,
      identityStore: memoryIdentityStore(),
      clock: systemClock,
      logger: this.#logger(),
      facts: { agentVersion: '0.1.0', kubernetesVersion: 'v1.33.2', shard: '', shards: [] },
      table: this.#table,
      records: noRecords,
      intents: noIntents,
      standing: this.#standing(),
    });
    this.#running = link.run(this.#stopping.signal);
    return new Promise((resolve) => {
      this.#connected = resolve;
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Changes the message of a Kustomization; gives the time of the change. */
  touch(message: string): number {
    const { name, applied: revision, kustomizations } = this.#sources[0]!;
    const at = Date.now();
    this.#table.upsert(kustomization(kustomizations[0]!, name, { revision, message }));
    return at;
  }

  #reportSource({ name, fetched, pin }: Source): void {
    this.#table.upsert(gitRepository(name, fetched, pin));
  }

  #reportApplied({ name, kustomizations, applied, fetched }: Source): void {
    const status = { revision: applied, ...(fetched !== applied && { applying: fetched }) };
    for (const one of kustomizations) this.#table.upsert(kustomization(one, name, status));
  }

  /** Keeps the set as the agent does, in memory instead of a ConfigMap. */
  #standing(): StandingDesk {
    let kept: StandingSet = emptySet;
    return new StandingDesk({
      record: {
        keep: async (set) => {
          const isOlder = kept.cluster === set.cluster && kept.version > set.version;
          if (!isOlder) kept = set;
          if (!isOlder) for (const pin of set.pins) this.#obey(pin);
          return { isOlder, object: noObject };
        },
      },
      cache: {
        get kept() {
          return { readable: true as const, set: kept };
        },
        observe: () => undefined,
        onLost: () => () => undefined,
      },
      verbs: ['pin', 'freeze'],
      clock: systemClock,
      logger: silentLogger,
    });
  }

  #obey({ id, source: { name }, revision }: StandingPin): void {
    const source = this.#sources.find((one) => one.name === name);
    if (!source || source.pin?.id === id) return;
    const before = source.pin?.revision ?? source.applied;
    source.pin = { id, revision };
    this.#reportSource(source);
    if (before === revision) {
      this.moves.findLast((move) => move.source === name && move.revision === revision)?.pins.push(id);
      return;
    }
    const workMs = this.#options.workMs * (0.75 + Math.random() / 2);
    const move = { source: name, revision, pins: [id], pinnedAt: Date.now(), workMs, doneAt: undefined };
    this.moves.push(move);
    void this.#move(source, move);
  }

  /** The source first, then what is built from it, as controllers do. */
  async #move(source: Source, move: Move): Promise<void> {
    const isOvertaken = () => source.pin?.revision !== move.revision;
    await this.#pause(move.workMs / 2);
    if (isOvertaken()) return;
    source.fetched = move.revision;
    this.#reportSource(source);
    this.#reportApplied(source);
    await this.#pause(move.pinnedAt + move.workMs - Date.now());
    if (isOvertaken()) return;
    source.applied = move.revision;
    this.#reportApplied(source);
    move.doneAt = Date.now();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
  }

  /** Counts sessions, and keeps quiet: what goes wrong shows in what the hub says. */
  #logger(): Logger {
    const count = (): void => {
      this.connections += 1;
      this.#connected?.();
    };
    const logger: Logger = {
      ...silentLogger,
      info: (_, message) => {
        if (message === 'connected to the hub') count();
      },
      child: () => logger,
    };
    return logger;
  }
}

const noObject: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'standing' } };

const noRecords: RecordLog = {
  spoolId: 'spool',
  append: () => undefined,
  after: () => [],
  acknowledge: () => undefined,
  subscribe: () => () => undefined,
};

/** Nobody asks for a reconcile here. */
const noIntents = { take: () => undefined } as unknown as IntentDesk;

function memoryIdentityStore(): IdentityStore {
  let stored: StoredIdentity = {};
  return {
    load: async () => stored,
    saveKey: async (privateKey) => {
      stored = { privateKey };
    },
    save: async (identity) => {
      stored = { identity };
    },
  };
}
