import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
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
      'The release that holds the same is the answer where there is one: a release is never made twice. ' +
      'One with a vetoed item is made, and says so.',
    access: 'operator',
    answer: releaseSchema,
    errors: ['NotFound', 'Conflict'],
  })
  async createRelease(
    @Body({ schema: releaseRequestSchema }) body: ReleaseRequestBody,
    @CallerOf() caller: Caller,
  ): Promise<ReleaseView> {
    const { id } = await this.releases.create(body, caller);
    return this.list.byIdOrName(id);
  }
}
