import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '@flotilla/common/kube/object';
import { ApplyJournal } from './apply-journal.js';
import { LatestObjects } from './latest-object.js';
import { SettledStates, type SettledState } from './settled-states.js';
import { StateFolder } from './state-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (id: string) => ({ id, v: 'v1' });

describe('the journal of applies', () => {
  it('hands the ids of an apply that never ended to the next process', async () => {
    const before = new ApplyJournal(await StateFolder.open(folder));
    await before.begin('uid', [entry('known'), entry('new')], [entry('known')]);

    const after = new ApplyJournal(await StateFolder.open(folder));

    expect(await after.begin('uid', [entry('newer')], [])).toEqual([entry('new')]);
    expect(await after.read('uid')).toEqual([entry('new'), entry('newer')]);
    await after.clear('uid');
    expect(await after.read('uid')).toEqual([]);
  });

  it('writes nothing when every object is in the inventory', async () => {
    const journal = new ApplyJournal(await StateFolder.open(folder));
    await journal.begin('uid', [entry('a')], [entry('a')]);

    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('settled states', () => {
  const state: SettledState = {
    generation: 1,
    artifactDigest: 'sha256:1',
    revision: 'r1',
    buildKey: 'k',
    substitutionIdentity: '',
    manifestsDigest: 'sha256:2',
    applyOptions: '',
    verifiedAt: 1,
  };
  const seen = {
    ref: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'n', name: 'a' },
    key: 'n/a',
    version: { uid: 'u', resourceVersion: '1', generation: undefined, texts: '[]' },
  };

  it('survive a restart with their objects, which are handed out once', async () => {
    await new SettledStates(await StateFolder.open(folder)).put('uid', state, [seen]);

    const restarted = new SettledStates(await StateFolder.open(folder));

    expect(JSON.stringify(await restarted.get('uid'))).toBe(JSON.stringify({ state, restored: [seen] }));
    expect(await restarted.get('uid')).toEqual({ state });
  });

  it('are unknown after a change began that did not end', async () => {
    const before = new SettledStates(await StateFolder.open(folder));
    await before.put('uid', state, [seen]);
    await before.drop('uid');

    expect(await before.get('uid')).toBeUndefined();
    expect(await new SettledStates(await StateFolder.open(folder)).get('uid')).toBeUndefined();
  });

  it.each(['', '{', '{"format":99,"state":{}}'])(
    'count as absent when the disk holds %j',
    async (content) => {
      const states = new SettledStates(await StateFolder.open(folder));
      writeFileSync(path.join(folder, 'uid.settled.json'), content);

      expect(await states.get('uid')).toBeUndefined();
    },
  );
});

describe('the latest version of an object', () => {
  const object = (resourceVersion: string, uid = 'u'): KubeObject => ({
    apiVersion: 'v1',
    kind: 'X',
    metadata: { namespace: 'n', name: 'a', uid, resourceVersion },
  });
  const rows: Array<
    [title: string, cached: KubeObject | undefined, written: KubeObject, version: string | undefined]
  > = [
    ['an own write before the watch tells of it', object('9'), object('10'), '10'],
    ['the cache once it has caught up', object('11'), object('10'), '11'],
    ['another object of the name', object('8', 'other'), object('10'), '8'],
    ['nothing when the object is gone', undefined, object('10'), undefined],
  ];
  it.each(rows)('is %s', (_title, cached, written, version) => {
    const latest = new LatestObjects({
      synced: true,
      get: () => cached,
      list: () => [],
      subscribe: () => () => {},
    });
    latest.wrote(written);

    expect(latest.get({ namespace: 'n', name: 'a' })?.metadata.resourceVersion).toBe(version);
  });
});
