// The state table of an agent, and rows for it.
import { randomUUID } from 'node:crypto';
import type { Hello, SessionRequest } from '@flotilla/proto/flotilla/v1/agent';
import { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import { encodeRow, TableHash, tableKey } from '@flotilla/proto/table/table-hash';

/** A table as an agent keeps it. */
export class TestTable {
  readonly rows = new Map<string, ObjectState>();
  sequence = 0n;

  constructor(readonly tableId: string = randomUUID()) {}

  get hash(): Uint8Array {
    const hash = new TableHash();
    for (const [key, state] of this.rows) hash.add(key, encodeRow(state));
    return hash.toBytes();
  }

  /** Sets rows and gives the delta that says so. */
  set(...states: readonly ObjectState[]): Extract<SessionRequest['message'], { $case: 'delta' }> {
    for (const state of states) this.rows.set(tableKey(state.ref!), state);
    this.sequence += BigInt(states.length);
    return this.delta(states, []);
  }

  remove(...states: readonly ObjectState[]): Extract<SessionRequest['message'], { $case: 'delta' }> {
    for (const state of states) this.rows.delete(tableKey(state.ref!));
    this.sequence += BigInt(states.length);
    return this.delta(
      [],
      states.map(({ ref }) => ref!),
    );
  }

  delta(
    upserts: readonly ObjectState[],
    deletes: readonly NonNullable<ObjectState['ref']>[],
  ): Extract<SessionRequest['message'], { $case: 'delta' }> {
    const value = {
      sequence: this.sequence,
      upserts: [...upserts],
      deletes: [...deletes],
      tableHash: this.hash,
      observedAt: new Date(),
    };
    return { $case: 'delta', value };
  }

  heartbeat(): Extract<SessionRequest['message'], { $case: 'heartbeat' }> {
    const value = {
      sequence: this.sequence,
      tableHash: this.hash,
      objects: this.rows.size,
      observedAt: new Date(),
    };
    return { $case: 'heartbeat', value };
  }

  /** The whole table in parts of `size` rows. */
  snapshot(size = 500): Extract<SessionRequest['message'], { $case: 'snapshot' }>[] {
    const rows = [...this.rows.values()];
    const count = Math.max(1, Math.ceil(rows.length / size));
    return Array.from({ length: count }, (_, part) => ({
      $case: 'snapshot' as const,
      value: {
        sequence: this.sequence,
        objects: rows.slice(part * size, (part + 1) * size),
        part,
        last: part === count - 1,
        tableHash: this.hash,
        observedAt: new Date(),
      },
    }));
  }

  hello(over: Partial<Hello> = {}): Extract<SessionRequest['message'], { $case: 'hello' }> {
    const value: Hello = {
      protocolVersion: 1,
      agentVersion: '0.1.0',
      kubernetesVersion: 'v1.33.2',
      shard: '',
      shards: [],
      tableId: this.tableId,
      sequence: this.sequence,
      tableHash: this.hash,
      spoolId: 'spool-1',
      standingVersion: 0n,
      instanceId: 'instance-1',
      ...over,
    };
    return { $case: 'hello', value };
  }
}

/** A Kustomization that applied `revision`. */
export function kustomization(
  name: string,
  revision = 'main@sha1:1111111',
  over: Partial<ObjectState> = {},
): ObjectState {
  return ObjectState.fromPartial({
    ref: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name,
    },
    uid: `uid-${name}`,
    generation: 1n,
    observedGeneration: 1n,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'ReconciliationSucceeded',
        message: `Applied revision: ${revision}`,
        observedGeneration: 1n,
        lastTransitionTime: new Date('2026-01-02T03:04:05Z'),
      },
    ],
    revision,
    attemptedRevision: revision,
    source: { apiVersion: '', kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' },
    inventory: { entries: 3, digest: 'abc' },
    changedAt: new Date('2026-01-02T03:04:05Z'),
    ...over,
  });
}

/** A table that has these rows from the start. */
export function tableOf(...states: readonly ObjectState[]): TestTable {
  const table = new TestTable();
  table.set(...states);
  return table;
}
