import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import { ObjectList } from '../read-models/object-list.js';
import type { ObjectView } from '../read-models/object-view.js';
import type { ListObjectsQuery } from './object.schema.js';
import { listObjectsQuery, objectListSchema } from './object.schema.js';

@ApiTags('objects')
@Controller('api/v1/objects')
export class ListObjectsController {
  constructor(private readonly objects: ObjectList) {}

  @Get()
  @Operation({
    summary: 'List objects of all clusters',
    description: 'By cluster, kind, namespace and name.',
    access: 'viewer',
    answer: objectListSchema,
  })
  listObjects(@Query({ schema: listObjectsQuery }) query: ListObjectsQuery): Promise<Page<ObjectView>> {
    return this.objects.page(query);
  }
}
