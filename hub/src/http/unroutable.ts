import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { invalid } from '../platform/errors/hub-error.js';
import type { HubError } from '../platform/errors/hub-error.js';
import { newId } from '../platform/ids.js';
import { logRequest } from './request-log.js';
import { securityHeaders } from './security-headers.js';

/** Characters of one part of a path; names have 253, whole revisions 512. */
export const longestParameter = 1_024;

/** Answers what has no address that could belong to a route: no hook and no filter sees such a request. */
export function answerUnroutable(
  logger: Logger,
): (error: Error, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, request, reply) => {
    const id = newId();
    const { message, remedy, field } = unroutable(error);
    const body = JSON.stringify({ error: { code: 'Invalid', message, remedy, field, id } });
    request.id = id;
    reply.raw.writeHead(422, {
      ...securityHeaders,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'x-request-id': id,
    });
    reply.raw.end(body);
    logRequest(logger, request, reply);
  };
}

function unroutable(error: Error): HubError {
  const { code } = error as { code?: unknown };
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return invalid('path', `the address has a part of more than ${longestParameter} characters`, {
      remedy: 'nothing has so long a name',
    });
  return invalid('path', 'the address is not valid', { remedy: 'write a percent sign in it as %25' });
}
