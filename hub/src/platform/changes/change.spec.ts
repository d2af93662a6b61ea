import { describe, expect, it } from 'vitest';
import { coalesceChanges, decodeChanges, encodeChanges } from './change.js';
import type { Change } from './change.js';

const object = (key: string | null, clusterId = 'c1', deleted = false): Change => ({
  topic: 'object',
  clusterId,
  key,
  deleted,
});

describe('changes', () => {
  it('come out as they went in, in texts that NOTIFY takes', () => {
    const changes = Array.from({ length: 150 }, (_, i) =>
      object(`apps/v1|Deployment|größe|name-${'x'.repeat(100)}-${i}`, 'c1', i % 2 === 0),
    );
    const payloads = encodeChanges(changes, 7_500);
    expect(payloads.length).toBeGreaterThan(1);
    expect(Math.max(...payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThanOrEqual(7_500);
    expect(payloads.flatMap(decodeChanges)).toEqual(changes);
  });

  it('of nothing need no text', () => {
    expect(encodeChanges([], 7_500)).toEqual([]);
  });

  it('of the same thing become one, and the last counts', () => {
    expect(coalesceChanges([object('a'), object('b'), object('a', 'c1', true)])).toEqual([
      object('a', 'c1', true),
      object('b'),
    ]);
  });

  it('of a crowd in one cluster become one without a key, and other clusters keep theirs', () => {
    const crowd = Array.from({ length: 201 }, (_, i) => object(`k${i}`));
    expect(coalesceChanges([...crowd, object('x', 'c2')])).toEqual([object(null), object('x', 'c2')]);
  });

  it('of topics that a newer replica knows are left out', () => {
    expect(decodeChanges('[[99,"c1","k",0],[1,"c1","k",0]]')).toEqual([object('k')]);
  });
});
