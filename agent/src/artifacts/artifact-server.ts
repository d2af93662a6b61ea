import { open, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isArtifactPath } from './artifact-path.js';
import { parseRange } from './byte-range.js';

export interface ArtifactServerOptions {
  /** --storage-path. */
  root: string;
  /** --storage-addr, e.g. ":9090" or "127.0.0.1:0". */
  address: string;
  /** False while another replica has the artifacts: all requests are refused then. Default: always true. */
  isServing?: () => boolean;
}

export interface ArtifactServer {
  /** Where it listens, e.g. "127.0.0.1:9090". */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Serves artifacts to other consumers (flux-compat 2.1): plain GET of a file that an artifact names, nothing else
 * of the storage. `GET /` is the readiness probe; a replica that is not the leader is not ready.
 */
export async function startArtifactServer(options: ArtifactServerOptions): Promise<ArtifactServer> {
  const server = createServer((request, response) => {
    if (options.isServing?.() === false)
      return answer(response, 503, 'another replica serves the artifacts\n');
    serve(options.root, request, response).catch(() => response.destroy());
  });
  const { host, port } = splitAddress(options.address);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  const shown = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return { address: `${shown}:${bound.port}`, stop: () => stop(server) };
}

async function serve(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return answer(response, 405, 'method not allowed\n');
  }
  const wanted = requestedPath(request.url ?? '/');
  if (wanted === '') return answer(response, 200, 'ok\n');
  if (wanted === undefined || !isArtifactPath(wanted)) return answer(response, 404, 'not found\n');
  const file = await open(path.join(root, wanted), 'r').catch(() => undefined);
  if (!file) return answer(response, 404, 'not found\n');
  try {
    await sendFile(file, request, response);
  } finally {
    await file.close();
  }
}

async function sendFile(file: FileHandle, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const found = await file.stat({ bigint: true });
  if (!found.isFile()) return answer(response, 404, 'not found\n');
  const etag = `"${found.ino.toString(16)}-${found.mtimeNs.toString(16)}-${found.size.toString(16)}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Type', 'application/octet-stream');
  if (names(request.headers['if-none-match'], etag)) {
    response.writeHead(304).end();
    return;
  }
  const size = Number(found.size);
  const conditional = request.headers['if-range'];
  const useRange = conditional === undefined || conditional === etag;
  const range = parseRange(useRange ? request.headers.range : undefined, size);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  response.writeHead(range ? 206 : 200, {
    'Content-Length': end - start + 1,
    ...(range ? { 'Content-Range': `bytes ${start}-${end}/${size}` } : {}),
  });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  await pipeline(file.createReadStream({ start, end, autoClose: false }), response);
}

/** Whether a list of entity tags has this one; a weak tag counts as the strong one. */
function names(tags: string | undefined, etag: string): boolean {
  const listed = (tags ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return listed.includes(etag) || listed.includes('*');
}

function requestedPath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '').replace(/^\//, '');
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(body);
}

function splitAddress(address: string): { host: string | undefined; port: number } {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`storage address "${address}" is not of the form host:port`);
  }
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host: host || undefined, port };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
