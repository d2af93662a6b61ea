// Runs `git http-backend` for one request, by the rules of CGI.
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isolatedGitEnv } from './git-repository.js';

/** Answers a request for a repository under the folder `root`. */
export function serveGit(root: string, request: IncomingMessage, response: ServerResponse, url: URL): void {
  const child = spawn('git', ['http-backend'], {
    env: environment(root, request, url),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.once('error', (error) => response.writeHead(500).end(`git http-backend: ${error.message}\n`));
  // A client that hangs up, or a backend that ends before it has read all, breaks the pipe: not an error here.
  child.stdin.on('error', () => undefined);
  response.once('close', () => child.kill('SIGKILL'));
  request.pipe(child.stdin);
  let head: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  const readHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', readHead);
    writeHead(response, head.toString('latin1', 0, end));
    response.write(head.subarray(end + 4));
    child.stdout.pipe(response);
  };
  child.stdout.on('data', readHead);
  child.stdout.once('end', () => {
    if (!response.headersSent) response.writeHead(500).end('git http-backend gave no answer\n');
  });
}

function environment(root: string, request: IncomingMessage, url: URL): NodeJS.ProcessEnv {
  const header = (name: string) => String(request.headers[name] ?? '');
  return {
    ...isolatedGitEnv,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method,
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_USER: 'test',
    CONTENT_TYPE: header('content-type'),
    CONTENT_LENGTH: header('content-length'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    // Without it the backend speaks protocol version 0, which lists every ref on every fetch.
    GIT_PROTOCOL: header('git-protocol'),
  };
}

function writeHead(response: ServerResponse, head: string): void {
  const fields = head.split('\r\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  response.statusCode = Number(
    fields.find(([name]) => name.toLowerCase() === 'status')?.[1].slice(0, 3) ?? 200,
  );
  for (const [name, value] of fields) if (name.toLowerCase() !== 'status') response.setHeader(name, value);
}
