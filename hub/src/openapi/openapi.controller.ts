import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Access } from '../auth/access.js';
import { ApiDocument } from './api-document.js';

/** Serves the document. It holds no data of the fleet, so it needs no token. */
@ApiExcludeController()
@Controller('api/v1/openapi.json')
export class OpenApiController {
  constructor(private readonly document: ApiDocument) {}

  @Get()
  @Access('public')
  openApi(): object {
    return this.document.value;
  }
}
