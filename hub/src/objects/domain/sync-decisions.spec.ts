import { describe, expect, it } from 'vitest';
import { decideDelta, decideHeartbeat, decideHello, sameHash } from './sync-decisions.js';
import type { AgentTable, HeldTable } from './sync-decisions.js';

const a = new Uint8Array(32).fill(1);
const b = new Uint8Array(32).fill(2);
const held: HeldTable = { tableId: 't', sequence: 5n, hash: a };
const none: HeldTable = { tableId: '', sequence: 0n, hash: new Uint8Array() };

describe('a session begins', () => {
  it.each<[string, HeldTable, AgentTable, object]>([
    [
      'after the held number',
      held,
      { tableId: 't', sequence: 9n, hash: b },
      { action: 'resume', acknowledged: 5n },
    ],
    [
      'with nothing to do',
      held,
      { tableId: 't', sequence: 5n, hash: a },
      { action: 'resume', acknowledged: 5n },
    ],
    [
      'with a snapshot when nothing is held',
      none,
      { tableId: 't', sequence: 9n, hash: b },
      { action: 'snapshot', acknowledged: 0n },
    ],
    [
      'with a snapshot when a snapshot was torn',
      { ...held, tableId: '' },
      { tableId: 't', sequence: 5n, hash: a },
      { action: 'snapshot' },
    ],
    [
      'with a snapshot when the same number means another table',
      held,
      { tableId: 't', sequence: 5n, hash: b },
      { action: 'snapshot', acknowledged: 5n },
    ],
    [
      'with a snapshot when numbers went back',
      held,
      { tableId: 't', sequence: 4n, hash: a },
      { action: 'snapshot', acknowledged: 5n },
    ],
    [
      'with a snapshot when a restarted agent has other rows',
      held,
      { tableId: 'u', sequence: 2n, hash: b },
      { action: 'snapshot', acknowledged: 0n },
    ],
    [
      'with the numbers of a restarted agent that has the same rows',
      held,
      { tableId: 'u', sequence: 2n, hash: a },
      { action: 'adopt', acknowledged: 2n },
    ],
  ])('%s', (_, hub, agent, expected) => {
    expect(decideHello(hub, agent)).toMatchObject(expected);
  });
});

describe('a delta', () => {
  it.each<[string, HeldTable, bigint, string]>([
    ['with a higher number is applied', held, 6n, 'apply'],
    ['with a number far ahead is applied: the ones between were coalesced', held, 60n, 'apply'],
    ['with the held number is known', held, 5n, 'known'],
    ['with a lower number is known', held, 1n, 'known'],
    ['without a table to build on is not usable', none, 1n, 'unusable'],
  ])('%s', (_, hub, sequence, expected) => {
    expect(decideDelta(hub, sequence)).toBe(expected);
  });
});

describe('a heartbeat', () => {
  it.each<[string, HeldTable, bigint, Uint8Array, string]>([
    ['of the held table confirms it', held, 5n, a, 'confirm'],
    ['with another hash leads to a snapshot', held, 5n, b, 'snapshot'],
    ['with a lower number leads to a snapshot', held, 4n, a, 'snapshot'],
    ['with a higher number confirms nothing', held, 6n, b, 'alive'],
    ['confirms nothing while no table is held', none, 0n, new Uint8Array(), 'alive'],
  ])('%s', (_, hub, sequence, hash, expected) => {
    expect(decideHeartbeat(hub, { sequence, hash }).action).toBe(expected);
  });
});

describe('hashes', () => {
  it.each<[string, Uint8Array, Uint8Array, boolean]>([
    ['are the same byte by byte', a, a.slice(), true],
    ['differ by one bit', a, Uint8Array.from(a, (byte, i) => (i === 31 ? byte ^ 1 : byte)), false],
    ['of the empty table may be left out', new Uint8Array(), new Uint8Array(32), true],
    ['of a table with rows may not', new Uint8Array(), a, false],
  ])('%s', (_, left, right, expected) => {
    expect(sameHash(left, right)).toBe(expected);
    expect(sameHash(right, left)).toBe(expected);
  });
});
