import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskRecordLog } from './disk-record-log.js';
import type { RecordBody } from './record-log.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'record-log-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function event(message: string): RecordBody {
  return {
    time: new Date('2026-01-01T00:00:00Z'),
    body: {
      $case: 'event',
      value: { object: undefined, severity: 'info', reason: 'Progressing', message, metadata: {} },
    },
  };
}

const open = (maxRecords = 100, segmentRecords = 3) =>
  new DiskRecordLog({ directory, maxRecords, segmentRecords });
const numbers = (log: DiskRecordLog, after = 0n) =>
  log.after(after, 1000).map((record) => Number(record.sequence));

function fill(log: DiskRecordLog, count: number): void {
  for (let i = 0; i < count; i++) log.append(event(`event ${i}`));
}

describe('the record log', () => {
  it('numbers records and gives those after a number, oldest first', () => {
    const log = open();
    fill(log, 5);
    expect(numbers(log, 2n)).toEqual([3, 4, 5]);
    expect(log.after(0n, 2)).toHaveLength(2);
  });

  it('keeps records, numbers and its name across a restart', () => {
    const before = open();
    fill(before, 5);
    const after = open();
    expect(after.spoolId).toBe(before.spoolId);
    expect(after.after(0n, 10)).toEqual(before.after(0n, 10));
    after.append(event('next'));
    expect(numbers(after, 5n)).toEqual([6]);
  });

  it('never gives a number twice, even when all records were acknowledged before the restart', () => {
    const before = open();
    fill(before, 4);
    before.acknowledge(4n);
    expect(readdirSync(directory).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
    const after = open();
    after.append(event('next'));
    expect(numbers(after)).toEqual([5]);
  });

  it('forgets what the hub has acknowledged', () => {
    const log = open();
    fill(log, 5);
    log.acknowledge(4n);
    expect(numbers(log)).toEqual([5]);
    expect(numbers(open(), 4n)).toEqual([5]);
  });

  it('survives a torn last line', () => {
    fill(open(), 2);
    const file = readdirSync(directory).find((name) => name.endsWith('.jsonl')) ?? '';
    appendFileSync(join(directory, file), '{"sequence":"3","ti');
    const after = open();
    expect(numbers(after)).toEqual([1, 2]);
    after.append(event('next'));
    expect(numbers(open())).toEqual([1, 2, 3]);
  });

  it('puts one gap record in the place of everything that it had to drop', () => {
    const log = open(6, 3);
    fill(log, 13);
    const [gap, ...rest] = log.after(0n, 100);
    expect(gap?.body).toEqual({ $case: 'gap', value: { firstSequence: 1n, lastSequence: gap?.sequence } });
    expect(rest.map((record) => Number(record.sequence))).toEqual(
      Array.from({ length: 13 - Number(gap?.sequence) }, (_, i) => Number(gap?.sequence) + i + 1),
    );
    expect(open(6, 3).after(0n, 100)).toEqual(log.after(0n, 100));
  });

  it('stays within its bound', () => {
    const log = open(6, 3);
    fill(log, 500);
    expect(log.after(0n, 1000).length).toBeLessThanOrEqual(7);
  });
});
