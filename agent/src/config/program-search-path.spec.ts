import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { programSearchPath } from './program-search-path.js';

it('looks for programs in PATH first, and last where this project keeps its own', () => {
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  const tools = join(cache, 'flotilla', 'client-tools', '1.0.0');
  mkdirSync(tools, { recursive: true });
  expect(programSearchPath({ PATH: '/usr/bin:/bin', XDG_CACHE_HOME: cache })).toBe(`/usr/bin:/bin:${tools}`);
  rmSync(cache, { recursive: true });
  expect(programSearchPath({ PATH: '/usr/bin', XDG_CACHE_HOME: cache })).toBe('/usr/bin');
});
