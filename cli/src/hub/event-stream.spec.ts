import { describe, expect, it } from 'vitest';
import { readEvents } from './event-stream.js';

async function read(...chunks: readonly (string | Uint8Array)[]): Promise<unknown[]> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
  }
  const events: unknown[] = [];
  for await (const { name, data, lastId } of readEvents(bytes())) events.push([name, data, lastId]);
  return events;
}

describe('server-sent events', () => {
  it.each<[string, string[], unknown[]]>([
    ['one event', ['id: a-1\nevent: cluster\ndata: {}\n\n'], [['cluster', '{}', 'a-1']]],
    ['an event in pieces', ['id: a', '-1\nev', 'ent: x\nda', 'ta: 1\n', '\n'], [['x', '1', 'a-1']]],
    ['Windows line ends, broken between the two', ['event: x\r', '\ndata: 1\r\n\r', '\n'], [['x', '1', '']]],
    ['data of several lines', ['data: 1\ndata:2\n\n'], [['message', '1\n2', '']]],
    ['a comment is a sign of life', [': \n\n'], [['', '', '']]],
    [
      'an id holds until the next',
      ['id: 1\n\ndata: x\n\n'],
      [
        ['', '', '1'],
        ['message', 'x', '1'],
      ],
    ],
    ['what is not finished is not told', ['event: x\ndata: 1\n'], []],
    ['unknown fields and retry', ['retry: 2000\nfoo: bar\ndata: x\n\n'], [['message', 'x', '']]],
  ])('%s', async (_name, chunks, events) => expect(await read(...chunks)).toEqual(events));

  it('are cut anywhere, even inside a character', async () => {
    const bytes = new TextEncoder().encode('data: ✔\n\n');
    expect(await read(bytes.slice(0, 7), bytes.slice(7))).toEqual([['message', '✔', '']]);
  });
});
