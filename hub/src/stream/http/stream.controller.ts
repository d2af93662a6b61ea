import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Authenticator } from '../../auth/authenticator.js';
import { Operation } from '../../openapi/operation.js';
import { oneOrMore } from '../../paging/page.schema.js';
import { HubError } from '../../platform/errors/hub-error.js';
import type { StreamTopic } from '../domain/stream-event.js';
import { streamTopics } from '../domain/stream-event.js';
import { LiveUpdates } from '../live-updates.js';
import { StreamReader } from '../stream-reader.js';

/** Open streams of one replica. */
const mostReaders = 2_000;
/** A revoked token ends its streams at the next check. */
const authenticateEveryMs = 30_000;

const streamQuery = z.strictObject({
  topics: oneOrMore(streamTopics, 'What to listen to; everything when absent.'),
});

@ApiTags('stream')
@Controller('api/v1/stream')
export class StreamController {
  constructor(
    private readonly updates: LiveUpdates,
    private readonly authenticator: Authenticator,
  ) {}

  @Get()
  @Operation({
    summary: 'Listen to changes as server-sent events',
    description:
      'One event a change, named after its resource (cluster, object, event, intent, environment, pipeline, release, promotion, rollout, freeze, plan, veto), in the form of the lists; deleted for what is gone; reset means: read the lists again. Open the stream first, then read the lists.',
    access: 'viewer',
    contentType: 'text/event-stream',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Goes on after this event, or begins with reset.',
  })
  stream(
    @Query({ schema: streamQuery }) query: z.output<typeof streamQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    if (this.updates.readerCount >= mostReaders) {
      throw new HubError('Unavailable', 'the hub has too many open streams', { retryAfterSeconds: 30 });
    }
    reply.hijack();
    // A reader that went away while its token was looked at would never be seen to leave.
    if (reply.raw.destroyed) return;
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    if (request.method === 'HEAD') return void reply.raw.end();
    const topics = new Set<StreamTopic>(query.topics ?? streamTopics);
    const reader = new StreamReader(reply.raw, topics, this.updates.epoch);
    const lastEventId = request.headers['last-event-id'];
    this.updates.join(reader, typeof lastEventId === 'string' ? lastEventId : undefined);
    const check = setInterval(() => void this.checkToken(request, reader), authenticateEveryMs);
    reply.raw.on('close', () => {
      clearInterval(check);
      this.updates.leave(reader);
    });
  }

  private async checkToken(request: FastifyRequest, reader: StreamReader): Promise<void> {
    try {
      await this.authenticator.authenticate(request.headers.authorization, request.ip);
    } catch (error) {
      if (error instanceof HubError && error.code === 'Unauthenticated') reader.end();
    }
  }
}
