import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { NumberedEvent } from './domain/stream-event.js';
import { streamTopics } from './domain/stream-event.js';
import { StreamReader } from './stream-reader.js';

/** A real stream whose other side takes what it is given only when it is told to. */
function slowSocket(): { readonly socket: Writable; readonly written: string[]; readonly take: () => void } {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const socket = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString());
      waiting.push(done);
    },
  });
  return { socket, written, take: () => waiting.shift()?.() };
}

function events(from: number, count: number): readonly NumberedEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + i;
    return { number, topic: 'objects', name: 'object', key: `key-${number}`, data: '{}' };
  });
}

function readerOf(socket: Writable, now: () => number = () => 0): StreamReader {
  return new StreamReader(socket as unknown as ServerResponse, new Set(streamTopics), 'e', now);
}

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

describe('a reader that is slow', () => {
  it('gets the rest, coalesced, when it takes something again', async () => {
    const { socket, written, take } = slowSocket();
    const reader = readerOf(socket);
    reader.send(events(1, 1));
    reader.send(events(2, 1));
    reader.send([{ ...events(2, 1)[0]!, number: 3 }]);
    expect(written).toEqual(['id: e-1\nevent: object\ndata: {}\n\n']);
    take();
    await nextTurn();
    expect(written.slice(1)).toEqual(['id: e-3\nevent: object\ndata: {}\n\n']);
  });

  it('is cut off when too much waits for it', () => {
    const { socket } = slowSocket();
    const reader = readerOf(socket);
    reader.send(events(1, 1));
    reader.send(events(2, 10_001));
    expect([reader.isClosed, socket.destroyed]).toEqual([true, true]);
  });

  it('is cut off when it takes nothing for half a minute', () => {
    const { socket } = slowSocket();
    let now = 0;
    const reader = readerOf(socket, () => now);
    reader.send(events(1, 1));
    now = 30_000;
    reader.beat();
    expect(reader.isClosed).toBe(false);
    now = 30_001;
    reader.beat();
    expect([reader.isClosed, socket.destroyed]).toEqual([true, true]);
  });
});
