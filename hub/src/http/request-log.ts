import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

const quietPaths: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** One line for each request. The query is left out: people put things there that do not belong into a log. */
export function logRequest(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const path = request.url.split('?', 1)[0] ?? '';
  const fields = {
    requestId: request.id,
    method: request.method,
    path: path.slice(0, 300),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime),
    actor: request.principal?.name,
    address: request.ip,
  };
  if (quietPaths.has(path)) logger.debug(fields, 'request');
  else logger.info(fields, 'request');
}
