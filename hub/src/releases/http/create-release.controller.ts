import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../auth/access.js';
import { CallerOf } from '../../auth/access.js';
import { Operation } from '../../openapi/operation.js';
import type { ReleaseView } from '../read-models/release-list.js';
import { ReleaseList } from '../read-models/release-list.js';
import { ReleasesService } from '../releases.service.js';
import type { ReleaseRequestBody } from './release.schema.js';
import { releaseRequestSchema, releaseSchema } from './release.schema.js';

@ApiTags('releases')
@Controller('api/v1/releases')
export class CreateReleaseController {
  constructor(
    private readonly releases: ReleasesService,
    private readonly list: ReleaseList,
  ) {}

  @Post()
  @Operation({
    summary: 'Make a release by hand',
    description:
      '201: it was made. 200: there is one that holds the same, and it is the answer; a release is never made twice. ' +
      'One with a vetoed item is made, and says so.',
    access: 'operator',
    status: 201,
    otherStatus: 200,
    answer: releaseSchema,
    errors: ['NotFound', 'Conflict'],
  })
  async createRelease(
    @Body({ schema: releaseRequestSchema }) body: ReleaseRequestBody,
    @CallerOf() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseView> {
    const { release, isNew } = await this.releases.create(body, caller);
    void reply.status(isNew ? 201 : 200);
    return this.list.byIdOrName(release.id);
  }
}
