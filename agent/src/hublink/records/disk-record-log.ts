import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Record as WireRecord } from '@flotilla/proto/flotilla/v1/state';
import type { RecordBody, RecordLog } from './record-log.js';

export interface DiskRecordLogOptions {
  directory: string;
  /** Records that are kept for a hub that is away. Default 5,000. */
  maxRecords?: number;
  /** Records a file; a full log loses its oldest file at once. Default 500. */
  segmentRecords?: number;
}

interface Segment {
  file: string;
  records: WireRecord[];
}

const numberWidth = 20;

/**
 * Keeps records in files of JSON lines until the hub has them, across restarts. When the bound is reached the
 * oldest file goes and one gap record takes its place: the hub is told what is missing, never left to guess.
 */
export class DiskRecordLog implements RecordLog {
  readonly spoolId: string;
  readonly #options: Required<DiskRecordLogOptions>;
  readonly #segments: Segment[] = [];
  readonly #handlers = new Set<() => void>();
  #last = 0n;

  /** Reads what an earlier process has left. A torn last line (the process was killed while it wrote) is cut off. */
  constructor(options: DiskRecordLogOptions) {
    this.#options = { maxRecords: 5_000, segmentRecords: 500, ...options };
    mkdirSync(options.directory, { recursive: true });
    const idFile = join(options.directory, 'spool-id');
    if (!existsSync(idFile)) replaceFile(idFile, randomUUID());
    this.spoolId = readFileSync(idFile, 'utf8').trim();
    this.#load();
  }

  append(body: RecordBody): void {
    this.#last += 1n;
    const record: WireRecord = { ...body, sequence: this.#last };
    let segment = this.#segments.at(-1);
    if (!segment || segment.records.length >= this.#options.segmentRecords) {
      segment = { file: this.#fileOf(this.#last), records: [] };
      this.#segments.push(segment);
    }
    segment.records.push(record);
    appendFileSync(segment.file, lineOf(record));
    if (this.#count() > this.#options.maxRecords) this.#dropOldest();
    for (const handler of this.#handlers) handler();
  }

  after(sequence: bigint, limit: number): WireRecord[] {
    const found: WireRecord[] = [];
    for (const segment of this.#segments) {
      for (const record of segment.records) {
        if (record.sequence > sequence) found.push(record);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  acknowledge(sequence: bigint): void {
    // Before any file goes: with no file left, only this says how far the numbers have come.
    replaceFile(join(this.#options.directory, 'last'), String(this.#last));
    while (this.#segments[0] && this.#lastOf(this.#segments[0]) <= sequence) {
      const done = this.#segments.shift();
      if (done) rmSync(done.file, { force: true });
    }
    const first = this.#segments[0];
    if (first) first.records = first.records.filter((record) => record.sequence > sequence);
  }

  subscribe(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  #dropOldest(): void {
    const oldest = this.#segments.shift();
    const first = oldest?.records[0];
    if (!oldest || !first) return;
    const last = this.#lastOf(oldest);
    // A gap that is dropped with its file lives on in the new one.
    const firstSequence = first.body?.$case === 'gap' ? first.body.value.firstSequence : first.sequence;
    const gap: WireRecord = {
      sequence: last,
      time: oldest.records.at(-1)?.time,
      body: { $case: 'gap', value: { firstSequence, lastSequence: last } },
    };
    const next = this.#segments[0];
    if (next) {
      next.records.unshift(gap);
      replaceFile(next.file, next.records.map(lineOf).join(''));
    }
    rmSync(oldest.file, { force: true });
  }

  #load(): void {
    const { directory } = this.#options;
    for (const name of readdirSync(directory)
      .filter((entry) => entry.endsWith('.jsonl'))
      .sort()) {
      const file = join(directory, name);
      const text = readFileSync(file, 'utf8');
      const records = text.split('\n').flatMap(recordsOf);
      // The next record begins a line of its own, or both would be lost at the start after this one.
      if (records.length > 0 && !text.endsWith('\n')) replaceFile(file, records.map(lineOf).join(''));
      if (records.length > 0) this.#segments.push({ file, records });
      else rmSync(file, { force: true });
    }
    const lastFile = join(directory, 'last');
    // The number goes on even when everything was acknowledged and removed.
    if (existsSync(lastFile)) this.#last = BigInt(readFileSync(lastFile, 'utf8').trim() || '0');
    const newest = this.#segments.at(-1);
    if (newest && this.#lastOf(newest) > this.#last) this.#last = this.#lastOf(newest);
  }

  #lastOf(segment: Segment): bigint {
    return segment.records.at(-1)?.sequence ?? 0n;
  }

  #count(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.records.length, 0);
  }

  #fileOf(sequence: bigint): string {
    return join(this.#options.directory, `${String(sequence).padStart(numberWidth, '0')}.jsonl`);
  }
}

/** A kill leaves the old text or the new one: half a number would let the numbers begin anew. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function lineOf(record: WireRecord): string {
  return `${JSON.stringify(WireRecord.toJSON(record))}\n`;
}

function recordsOf(line: string): WireRecord[] {
  if (line === '') return [];
  try {
    return [WireRecord.fromJSON(JSON.parse(line))];
  } catch {
    return [];
  }
}
