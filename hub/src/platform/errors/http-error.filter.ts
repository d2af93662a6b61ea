import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { describeError } from './describe-error.js';
import { hubErrorStatus } from './hub-error.js';

/** The one place where errors become HTTP answers. The id in the answer stands in the log, too. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = describeError(thrown);
    const { id } = host.switchToHttp().getRequest<FastifyRequest>();
    const status = hubErrorStatus[error.code];
    if (status >= 500) this.logger.error({ id, err: error.cause ?? error }, 'request failed');
    else this.logger.debug({ id, code: error.code, reason: error.message }, 'request refused');

    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // A stream that has begun cannot become an error any more.
    if (reply.sent || reply.raw.headersSent) return void reply.raw.destroy();
    if (error.retryAfterSeconds !== undefined)
      void reply.header('retry-after', String(error.retryAfterSeconds));
    const { code, message, remedy, field, problems } = error;
    const details = { ...(remedy && { remedy }), ...(field && { field }), ...(problems && { problems }) };
    void reply.status(status).send({ error: { code, message, ...details, id } });
  }
}
