import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Artifact, ArtifactStore } from '../../artifacts/artifact.js';
import { openArtifactStore } from '../../artifacts/artifact-store.js';
import { copyIncludes } from './includes.js';

let root: string;
let other: ArtifactStore;
let own: ArtifactStore;
let artifact: Artifact;
const signal = new AbortController().signal;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'includes-'));
  const open = (name: string) =>
    openArtifactStore({ root: path.join(root, name), advertisedAddress: `${name}.test`, now: () => 0 });
  [other, own] = [await open('other'), await open('own')];
  await mkdir(path.join(root, 'lib'));
  await writeFile(path.join(root, 'lib/lib.yaml'), '1');
  const owner = { kind: 'GitRepository', namespace: 'apps', name: 'lib' };
  artifact = await other.pack({
    owner,
    revision: 'r',
    fileName: 'x.tar.gz',
    directory: path.join(root, 'lib'),
  });
  await mkdir(path.join(root, 'tree'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('an included artifact of another shard', () => {
  const include = () => [{ name: 'lib', fromPath: '', toPath: 'vendor', artifact }];
  const tree = () => path.join(root, 'tree');

  it('is downloaded from its address', async () => {
    const fetched: string[] = [];
    const fetchArtifact = async (url: string) => {
      fetched.push(url);
      return createReadStream(path.join(root, 'other', artifact.path)) as AsyncIterable<Uint8Array>;
    };

    await copyIncludes({ artifacts: own, fetchArtifact }, include(), tree(), signal);

    expect(fetched).toEqual(['http://other.test/gitrepository/apps/lib/x.tar.gz']);
    expect(await readdir(path.join(tree(), 'vendor'))).toEqual(['lib.yaml']);
  });

  it('is refused when what came is not what the status says', async () => {
    const fetchArtifact = async () =>
      createReadStream(path.join(root, 'lib/lib.yaml')) as AsyncIterable<Uint8Array>;

    await expect(
      copyIncludes({ artifacts: own, fetchArtifact }, include(), tree(), signal),
    ).rejects.toMatchObject({
      condition: 'StorageOperationFailed',
      reason: 'CopyFailure',
      message: expect.stringMatching(
        /^failed to copy 'lib' include from {2}to vendor: .*does not match/,
      ) as string,
    });
    expect(await readdir(tree())).toEqual([]);
  });
});
