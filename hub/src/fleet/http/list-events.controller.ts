import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Operation } from '../../openapi/operation.js';
import type { Page } from '../../paging/cursor.js';
import type { EventView } from '../read-models/event-list.js';
import { EventList } from '../read-models/event-list.js';
import type { ListEventsQuery } from './event.schema.js';
import { eventListSchema, listEventsQuery } from './event.schema.js';

@ApiTags('events')
@Controller('api/v1/events')
export class ListEventsController {
  constructor(private readonly events: EventList) {}

  @Get()
  @Operation({
    summary: 'List events of all clusters, newest first',
    description: 'Newest is what reached the hub last.',
    access: 'viewer',
    answer: eventListSchema,
  })
  listEvents(@Query({ schema: listEventsQuery }) query: ListEventsQuery): Promise<Page<EventView>> {
    return this.events.page(query);
  }
}
