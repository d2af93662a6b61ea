import { gzipSync } from 'node:zlib';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StandingPin, StandingSet } from './standing-set.js';
import { CorruptSetError, loadSet, packedKey, plainKey, SetTooLargeError, storeSet } from './stored-set.js';

const pin = (index: number, reason = 'wave 1'): StandingPin => ({
  id: `p-${index}`,
  source: { kind: 'GitRepository', namespace: 'apps', name: `app-${index}` },
  revision: `main@sha1:${String(index).padStart(40, '0')}`,
  reason,
  requestedBy: 'ada',
  createdAt: new Date('2026-01-01T00:00:00.123Z'),
  breakGlass: false,
});
const set: StandingSet = {
  cluster: 'c-1',
  version: 1_767_225_600_123n,
  pins: [pin(1)],
  freezes: [
    {
      id: 'f-1',
      source: { kind: 'GitRepository', namespace: 'apps', name: 'app-1' },
      reason: 'r',
      requestedBy: 'ada',
      startsAt: new Date('2026-01-01T00:00:00Z'),
      expiresAt: new Date('2026-01-02T00:00:00Z'),
    },
    { id: 'f-2', reason: '', requestedBy: '' },
  ],
  vetoes: [{ id: 'v-1', url: 'https://git.example.com/a.git', revision: 'sha1:1', reason: '' }],
};
const many = (count: number, reason?: () => string): StandingSet => ({
  ...set,
  pins: Array.from({ length: count }, (_, index) => pin(index, reason?.())),
});

describe('a set in a ConfigMap', () => {
  it('comes back as it was', () => {
    expect(loadSet(storeSet(set))).toEqual(set);
  });

  it('is text that people can read, while it is small', () => {
    expect(storeSet(set).data[plainKey]).toContain('"reason": "wave 1"');
  });

  it('is packed when it is large, and comes back as it was', () => {
    const large = many(5_000);
    const { data, binaryData } = storeSet(large);
    expect(data).toEqual({});
    expect(Buffer.from(binaryData[packedKey]!, 'base64').length).toBeLessThan(1024 * 1024);
    expect(loadSet({ binaryData })).toEqual(large);
  });

  it('is refused when it does not fit even packed, and says by how much', () => {
    const noise = () => randomBytes(300).toString('base64');
    expect(() => storeSet(many(5_000, noise))).toThrow(SetTooLargeError);
    expect(() => storeSet(many(5_000, noise))).toThrow(
      /^5000 pins, 2 freezes and 1 vetoes are \d+ bytes packed; a ConfigMap holds 1024000$/,
    );
  });

  it('is nothing where there is nothing', () => {
    expect(loadSet({})).toBeUndefined();
    expect(loadSet({ data: { other: 'x' }, binaryData: {} })).toBeUndefined();
  });

  const text = (over: object): string =>
    JSON.stringify({ cluster: 'c', version: '1', pins: [], freezes: [], vetoes: [], ...over });
  it.each<[string, Parameters<typeof loadSet>[0], RegExp]>([
    ['half of a document', { data: { [plainKey]: '{"version":' } }, /standing\.json': .*JSON/],
    ['an empty text', { data: { [plainKey]: '' } }, /JSON/],
    ['a version that is no number', { data: { [plainKey]: text({ version: 'x' }) } }, /version/],
    [
      'a version that no hub gives',
      { data: { [plainKey]: text({ version: '9007199254740992' }) } },
      /version: is higher than any that a hub gives/,
    ],
    [
      'a pin without a revision',
      { data: { [plainKey]: text({ pins: [{ ...pin(1), revision: '' }] }) } },
      /pins\.0\.revision/,
    ],
    [
      'a time that is none',
      { data: { [plainKey]: text({ freezes: [{ id: 'f', expiresAt: 'soon' }] }) } },
      /freezes\.0\.expiresAt/,
    ],
    ['a list that is missing', { data: { [plainKey]: text({ vetoes: undefined }) } }, /vetoes/],
    [
      'what is not packed',
      { binaryData: { [packedKey]: Buffer.from('x').toString('base64') } },
      /standing\.json\.gz/,
    ],
    [
      'what would fill the memory',
      { binaryData: { [packedKey]: gzipSync(Buffer.alloc(80 * 1024 * 1024)).toString('base64') } },
      /standing\.json\.gz/,
    ],
  ])('is corrupt: %s', (_, stored, message) => {
    expect(() => loadSet(stored)).toThrow(CorruptSetError);
    expect(() => loadSet(stored)).toThrow(message);
  });
});
