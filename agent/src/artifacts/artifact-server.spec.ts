import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startArtifactServer, type ArtifactServer } from './artifact-server.js';

let root: string;
let server: ArtifactServer;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'serve-'));
  const files = {
    'gitrepository/apps/web/a.tar.gz': '0123456789',
    '.flotilla/blobs/secret': 'secret',
    top: 'top',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  server = await startArtifactServer({ root, address: '127.0.0.1:0' });
});
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

interface Answer {
  status: number;
  body: string;
  headers: Record<string, unknown>;
}

/** Sends the path as it is; fetch would tidy `..` up. */
function get(rawPath: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const [host, port] = server.address.split(':');
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path: rawPath, headers, method }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

const file = '/gitrepository/apps/web/a.tar.gz';

describe('the artifact server (flux-compat 2.1)', () => {
  it('answers the readiness probe', async () => {
    expect(await get('/')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('serves an artifact', async () => {
    expect(await get(file)).toMatchObject({
      status: 200,
      body: '0123456789',
      headers: { 'content-length': '10', 'accept-ranges': 'bytes' },
    });
  });

  it('answers HEAD without a body', async () => {
    expect(await get(file, {}, 'HEAD')).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '10' },
    });
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=5-999', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=4-2', 200, '0123456789', undefined],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ])('answers Range: %s with %i', async (range, status, body, contentRange) => {
    const answer = await get(file, { range });

    expect(answer).toMatchObject({ status, body });
    expect(answer.headers['content-range']).toBe(contentRange);
  });

  it('sends nothing again to who has it', async () => {
    const etag = String((await get(file)).headers['etag']);

    for (const tags of [etag, `"other", W/${etag}`, '*'])
      expect(await get(file, { 'if-none-match': tags })).toMatchObject({ status: 304, body: '' });
    expect(await get(file, { 'if-none-match': '"other"' })).toMatchObject({ status: 200 });
  });

  it('sends a part only of what the asker has the other parts of', async () => {
    const etag = String((await get(file)).headers['etag']);

    expect(await get(file, { range: 'bytes=2-4', 'if-range': etag })).toMatchObject({ status: 206 });
    expect(await get(file, { range: 'bytes=2-4', 'if-range': '"other"' })).toMatchObject({ status: 200 });
  });

  it.each([
    '/../../../etc/passwd',
    '/gitrepository/../../etc/passwd',
    '/gitrepository/apps/web/..%2f..%2f..%2ftop',
    '/%2e%2e/%2e%2e/etc/passwd/x',
    '/.flotilla/blobs/secret',
    '/.flotilla/blobs/secret/x',
    '/top',
    '/gitrepository/apps/web',
    '/gitrepository/apps/web/',
    '/gitrepository/apps/web/none.tar.gz',
    '/gitrepository/apps/web/a.tar.gz%00',
    '/%zz',
  ])('does not serve %s', async (rawPath) => {
    expect((await get(rawPath)).status).toBe(404);
  });

  it('takes nothing', async () => {
    expect((await get(file, {}, 'PUT')).status).toBe(405);
  });
});
