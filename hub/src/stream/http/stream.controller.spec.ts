import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { Authenticator } from '../../auth/authenticator.js';
import type { LiveUpdates } from '../live-updates.js';
import { StreamController } from './stream.controller.js';

/** Who listens is all that is asked of the updates here. */
function listenersAfter(arrange: (response: PassThrough) => void): number {
  const readers = new Set<unknown>();
  const updates = {
    readerCount: 0,
    epoch: 'e',
    join: (reader: unknown) => readers.add(reader),
    leave: (reader: unknown) => readers.delete(reader),
  } as unknown as LiveUpdates;
  const raw = Object.assign(new PassThrough(), { setHeader: () => raw, writeHead: () => raw });
  const reply = { hijack: () => undefined, getHeaders: () => ({}), raw } as unknown as FastifyReply;
  const request = { method: 'GET', headers: {} } as unknown as FastifyRequest;
  arrange(raw);
  new StreamController(updates, {} as Authenticator).stream({}, request, reply);
  const count = readers.size;
  raw.emit('close');
  return count;
}

describe('the stream', () => {
  it('lets a reader in', () => expect(listenersAfter(() => undefined)).toBe(1));

  it('keeps no reader that has gone while its token was looked at: nothing would tell that it is gone', () => {
    expect(listenersAfter((response) => response.destroy())).toBe(0);
  });
});
