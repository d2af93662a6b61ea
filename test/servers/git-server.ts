// Git over HTTP: `git http-backend` (the real server side of git) as CGI behind node:http.
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createBareRepository } from './bare-repository.js';
import type { GitRepository } from './git-repository.js';
import { serveGit } from './git-http-backend.js';
import { temporaryFolder } from './temporary-folder.js';

export interface GitServerOptions {
  /** Ask for these credentials, for reading too. */
  readonly auth?: { readonly username: string; readonly password: string } | { readonly bearer: string };
  /** Decides on each request instead of `auth`. */
  readonly admit?: (request: IncomingMessage) => boolean;
}

export type GitService = 'git-upload-pack' | 'git-receive-pack';

export interface GitServer {
  /** `http://127.0.0.1:<port>`; a repository is at `<url>/<name>.git`. */
  readonly url: string;
  /** Makes a bare repository and a working copy that pushes to it straight on disk. */
  createRepository(name: string, branch?: string): Promise<GitRepository & { readonly url: string }>;
  /** HTTP requests so far, by repository (all when left out) and service (all when left out). */
  requests(repository?: string, service?: GitService): number;
  /** Forgets the requests counted so far. */
  resetRequests(): void;
  /** Answers everything with 503 from now on, or serves again. */
  setAvailable(available: boolean): void;
  stop(): Promise<void>;
}

/** Starts a Git server without repositories. */
export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const folder = temporaryFolder('git');
  const bare = join(folder.path, 'bare');
  const seen: { repository: string; service: string }[] = [];
  let available = true;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    seen.push({ repository: /^\/(.+?)\.git\//.exec(url.pathname)?.[1] ?? '', service: serviceOf(url) });
    if (!available) return refuse(response, 503, 'the git server is unavailable');
    if (!(options.admit?.(request) ?? admitted(request, options.auth))) {
      response.setHeader('WWW-Authenticate', 'Basic realm="git"');
      return refuse(response, 401, 'credentials are missing or wrong');
    }
    serveGit(bare, request, response, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async createRepository(name, branch = 'main') {
      const { copy } = await createBareRepository(folder.path, name, branch);
      return { ...copy, url: `${url}/${name}.git` };
    },
    requests: (repository, service) =>
      seen.filter(
        (entry) =>
          (repository === undefined || entry.repository === repository) &&
          (service === undefined || entry.service === service),
      ).length,
    resetRequests: () => void seen.splice(0),
    setAvailable: (value) => void (available = value),
    async stop() {
      await close(server);
      folder.remove();
    },
  };
}

const serviceOf = (url: URL) =>
  url.searchParams.get('service') ?? url.pathname.slice(url.pathname.lastIndexOf('/') + 1);

function admitted(request: IncomingMessage, auth: GitServerOptions['auth']): boolean {
  if (!auth) return true;
  const expected =
    'bearer' in auth
      ? `Bearer ${auth.bearer}`
      : `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
  const given = Buffer.from(request.headers.authorization ?? '');
  return given.length === Buffer.byteLength(expected) && timingSafeEqual(given, Buffer.from(expected));
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${message}\n`);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
