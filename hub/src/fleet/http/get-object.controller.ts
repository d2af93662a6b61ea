import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Operation } from '../../openapi/operation.js';
import { ObjectDetails } from '../read-models/object-details.js';
import type { ObjectView } from '../read-models/object-view.js';
import { objectDetailsSchema } from './object.schema.js';

const addressSchema = z.strictObject({
  name: z.string(),
  kind: z.string(),
  namespace: z.string(),
  object: z.string(),
});

@ApiTags('objects')
@Controller('api/v1/clusters')
export class GetObjectController {
  constructor(private readonly objects: ObjectDetails) {}

  @Get(':name/objects/:kind/:namespace/:object')
  @Operation({
    summary: 'Read one object with its conditions',
    access: 'viewer',
    answer: objectDetailsSchema,
    errors: ['NotFound'],
  })
  getObject(@Param({ schema: addressSchema }) address: z.output<typeof addressSchema>): Promise<ObjectView> {
    return this.objects.get(address);
  }
}
