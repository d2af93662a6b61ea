import { describe, expect, it } from 'vitest';
import { EventLog } from './event-log.js';
import type { StreamEvent, StreamTopic } from './stream-event.js';
import { formatEvent, parseId, streamTopics } from './stream-event.js';

const all: ReadonlySet<StreamTopic> = new Set(streamTopics);

function event(key: string, data = '{}', topic: StreamTopic = 'objects'): StreamEvent {
  return { topic, key, name: 'object', data };
}

function keysSince(log: EventLog, number: number, topics = all): readonly string[] | null {
  return log.since(number, topics)?.map(({ key }) => key) ?? null;
}

describe('the log of events', () => {
  it('gives what came after a number', () => {
    const log = new EventLog({ events: 10, characters: 1_000 });
    log.append([event('a'), event('b')]);
    log.append([event('c')]);
    expect(keysSince(log, 1)).toEqual(['b', 'c']);
    expect(keysSince(log, 3)).toEqual([]);
  });

  it('keeps only the last state of a key', () => {
    const log = new EventLog({ events: 10, characters: 1_000 });
    log.append([event('a', '1'), event('b', '2'), event('a', '3')]);
    expect(log.since(0, all)?.map(({ key, data }) => key + data)).toEqual(['b2', 'a3']);
  });

  it('gives only the topics that are asked for', () => {
    const log = new EventLog({ events: 10, characters: 1_000 });
    log.append([event('a'), event('b', '{}', 'clusters')]);
    expect(keysSince(log, 0, new Set(['clusters']))).toEqual(['b']);
  });

  it('cannot go on from before what it has dropped, by number of events', () => {
    const log = new EventLog({ events: 2, characters: 1_000 });
    log.append([event('a'), event('b'), event('c')]);
    expect(keysSince(log, 0)).toBeNull();
    expect(keysSince(log, 1)).toEqual(['b', 'c']);
  });

  it('nor by size', () => {
    const log = new EventLog({ events: 100, characters: 10 });
    log.append([event('a', 'xxxxxx'), event('b', 'xxxxxx')]);
    expect(keysSince(log, 0)).toBeNull();
    expect(keysSince(log, 1)).toEqual(['b']);
  });

  it('cannot go on from a number that it has not given', () => {
    const log = new EventLog({ events: 2, characters: 1_000 });
    expect(keysSince(log, 7)).toBeNull();
  });

  it('cannot go on from before it forgot', () => {
    const log = new EventLog({ events: 10, characters: 1_000 });
    const [first] = log.append([event('a')]);
    log.forget();
    expect(keysSince(log, first?.number ?? 0)).toBeNull();
    expect(keysSince(log, log.head)).toEqual([]);
  });
});

describe('the id of an event', () => {
  it('is written before its data, on lines of their own', () => {
    expect(formatEvent('e1', { ...event('a', '{"x":1}'), number: 7 })).toBe(
      'id: e1-7\nevent: object\ndata: {"x":1}\n\n',
    );
  });

  it.each([
    ['e1-7', 7],
    ['e2-7', null],
    ['e1-', null],
    ['e1-7x', null],
    ['7', null],
    ['', null],
  ])('%s is read as %s', (id, expected) => {
    expect(parseId('e1', id)).toBe(expected);
  });
});
