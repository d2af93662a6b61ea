import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { ReleaseView } from '../read-models/release-list.js';
import { ReleaseList } from '../read-models/release-list.js';
import { releaseSchema } from './release.schema.js';

@ApiTags('releases')
@Controller('api/v1/releases')
export class GetReleaseController {
  constructor(private readonly releases: ReleaseList) {}

  @Get(':idOrName')
  @Operation({
    summary: 'Read one release, by id or name',
    access: 'viewer',
    answer: releaseSchema,
    errors: ['NotFound'],
  })
  getRelease(@Param('idOrName') idOrName: string): Promise<ReleaseView> {
    return this.releases.byIdOrName(idOrName);
  }
}
