import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureRemoteFiles } from './measure-remote-files.js';

let server: Server;
let base: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer(({ url = '', headers }, answer) => {
    asked.push(`${url} ${headers.authorization ?? ''}`.trim());
    if (url.startsWith('/to/')) answer.writeHead(302, { location: url.slice(3) }).end();
    else if (url === '/endless') {
      const more = setInterval(() => answer.write('x'.repeat(10_000)), 1);
      answer.on('close', () => clearInterval(more));
    } else if (url === '/silent') answer.flushHeaders();
    else if (url === '/gone') answer.writeHead(404).end('x'.repeat(5_000));
    else answer.end('x'.repeat(Number(url.slice(1))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const measure = (
  paths: readonly string[],
  { signal = new AbortController().signal, timeoutMs = 20_000 } = {},
): Promise<void> => {
  const limits = { maxBytes: 1_000, timeoutMs, signal, network: {} };
  return measureRemoteFiles(
    paths.map((path) => (path.includes('://') ? path : base + path)),
    limits,
  );
};

describe('files that kustomize reads from web servers (flux-compat 3.3)', () => {
  it.each([
    ['one that is as large as the limit', ['/1000']],
    ['several that are as large together', ['/400', '/600']],
    ['what is not there: kustomize says so', ['/gone']],
    ['a server that is not there: kustomize says so', ['http://127.0.0.1:1/a.yaml']],
    ['what is no web address', ['github.com/org/repo', 'git@github.com:org/repo']],
  ])('may be %s', async (_title, paths) => {
    await expect(measure(paths)).resolves.toBeUndefined();
  });

  it.each([
    ['one that is larger', ['/1001'], '/1001'],
    ['several that are larger together', ['/400', '/601'], '/601'],
    ['one that never ends', ['/endless'], '/endless'],
    ['one that is somewhere else', ['/to/1001'], '/to/1001'],
  ])('may not be %s', async (_title, paths, named) => {
    await expect(measure(paths)).rejects.toThrow(
      `"${base}${named}": more than 1000 bytes were fetched; --max-fetch-bytes is the limit`,
    );
  });

  it('are asked for with the password of their address, which no message shows', async () => {
    const withPassword = `${base.replace('//', '//me:hunter2@')}/1002`;
    await expect(measure([withPassword])).rejects.toThrow(/^"http:\/\/me:\*\*\*@127\.0\.0\.1:\d+\/1002": /);
    expect(asked.at(-1)).toBe(`/1002 Basic ${Buffer.from('me:hunter2').toString('base64')}`);
  });

  it('are not waited for longer than the build may take', async () => {
    await expect(measure(['/silent'], { timeoutMs: 300 })).rejects.toThrow(
      `"${base}/silent": could not be read within 300 ms`,
    );
  });

  it('are not waited for when the build is given up', async () => {
    const giving = new AbortController();
    giving.abort(new Error('given up'));
    await expect(measure(['/1'], { signal: giving.signal })).rejects.toThrow('given up');
  });
});
