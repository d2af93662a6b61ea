import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.js';
import { RenderCache } from './render-cache.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'renders-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('keeps builds over a restart', async () => {
  await (await RenderCache.open(folder, 1000, systemClock)).put('k', 'text');

  expect(await (await RenderCache.open(folder, 1000, systemClock)).get('k')).toBe('text');
});

it('never gives what was damaged on disk', async () => {
  const cache = await RenderCache.open(folder, 1000, systemClock);
  await cache.put('k', 'text');
  writeFileSync(path.join(folder, 'k'), 'other');

  expect(await cache.get('k')).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

it('stays within its bytes and drops what was not used for longest', async () => {
  const cache = await RenderCache.open(folder, 250, systemClock);
  for (const key of ['a', 'b']) await cache.put(key, 'x'.repeat(30));
  await cache.get('a');
  await cache.put('c', 'x'.repeat(30));

  expect(
    [await cache.get('a'), await cache.get('b'), await cache.get('c')].map((text) => text !== undefined),
  ).toEqual([true, false, true]);
  expect(readdirSync(folder).sort()).toEqual(['a', 'c']);
});

it('removes what an interrupted write left behind', async () => {
  writeFileSync(path.join(folder, '.half'), 'x');
  await RenderCache.open(folder, 1000, systemClock);

  expect(readdirSync(folder)).toEqual([]);
});
