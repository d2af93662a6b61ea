import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { ApiDocument } from '../openapi/api-document.js';
import { apiDocument } from '../openapi/document.js';
import { newId } from '../platform/ids.js';
import { logRequest } from './request-log.js';
import { securityHeaders } from './security-headers.js';

/** What holds for every request: an id, the headers, the access log. Call it before the application listens. */
export function configureHttp(app: NestFastifyApplication, logger: Logger): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    request.id = newId();
    void reply.headers({ ...securityHeaders, 'x-request-id': request.id });
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    logRequest(logger, request, reply);
    done();
  });
  app.get(ApiDocument, { strict: false }).set(apiDocument(app));
}
