// The storage of the agent on a real disk, with a clock that runs while files are removed (flux-compat 2.1).
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { openArtifactStore } from '@flotilla/agent/artifacts/artifact-store';
import { describe, expect } from 'vitest';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { type Row, testRows } from '../rig/row.js';

const owner = { kind: 'GitRepository', namespace: 'team', name: 'app' };
const start = Date.UTC(2026, 0, 1);
const count = 10;

interface CollectionRow extends Row {
  /** Milliseconds that the removal of one file takes. */
  readonly removalMs: number;
  /** Files that each collection removes. */
  readonly removed: readonly number[];
}

const rows: readonly CollectionRow[] = [
  {
    section: '2.1',
    behaviour: 'one collection removes files for 5 s at most, the next ones go on',
    removalMs: 2_000,
    removed: [3, 3, 3, 1, 0],
  },
  {
    section: '2.1',
    behaviour: 'a collection that takes less removes all that is old',
    removalMs: 400,
    removed: [10, 0],
  },
];

describe('collections of old artifacts', () => {
  testRows(rows, async ({ removalMs, removed }) => {
    const folder = temporaryFolder('collection');
    const place = `${folder.path}/gitrepository/team/app`;
    const store = await openArtifactStore({
      root: folder.path,
      advertisedAddress: 'store.local',
      now: () => start + (count - oldFiles().length) * removalMs,
    });
    mkdirSync(place, { recursive: true });
    for (let index = 0; index <= count; index += 1) {
      const file = `${place}/${index === 0 ? 'current' : `old-${index}`}.tar.gz`;
      writeFileSync(file, '');
      utimesSync(file, start / 1000 - 3_600, start / 1000 - 3_600);
    }
    function oldFiles(): string[] {
      return readdirSync(place).filter((name) => name.startsWith('old-'));
    }
    const current = {
      path: 'gitrepository/team/app/current.tar.gz',
      digest: '',
      revision: '',
      url: '',
      size: 0,
      lastUpdateTime: '',
    };
    for (const wanted of removed) expect(await store.collectGarbage(owner, current)).toHaveLength(wanted);
    expect(readdirSync(place)).toContain('current.tar.gz');
    folder.remove();
  });
});
