import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { ReleaseView } from '../read-models/release-list.js';
import { ReleaseList } from '../read-models/release-list.js';
import type { ListReleasesQuery } from './release.schema.js';
import { listReleasesQuery, releaseListSchema } from './release.schema.js';

@ApiTags('releases')
@Controller('api/v1/releases')
export class ListReleasesController {
  constructor(private readonly releases: ReleaseList) {}

  @Get()
  @Operation({ summary: 'List releases, newest first', access: 'viewer', answer: releaseListSchema })
  listReleases(@Query({ schema: listReleasesQuery }) query: ListReleasesQuery): Promise<Page<ReleaseView>> {
    return this.releases.page(query);
  }
}
