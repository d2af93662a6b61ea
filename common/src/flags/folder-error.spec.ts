import { describe, expect, it } from 'vitest';
import { folderError } from './folder-error.js';

const failed = (path: string): Error =>
  Object.assign(new Error(`EROFS: read-only file system, open '${path}'`), { code: 'EROFS', path });

describe('an error in a folder that a flag names', () => {
  it.each(['/data', '/data/ca.pem'])('names the flag: %s', (path) => {
    expect((folderError(failed(path), '--data-dir', '/data/') as Error).message).toBe(
      `--data-dir /data/: EROFS: read-only file system, open '${path}'; it needs a folder that this process may write to`,
    );
  });

  it.each([failed('/database'), failed('/tmp'), new Error('no path'), 'a text'])(
    'is left as it is elsewhere: %s',
    (error) => expect(folderError(error, '--data-dir', '/data')).toBe(error),
  );
});
