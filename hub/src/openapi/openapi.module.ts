import { Module, StandardSchemaSerializerInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import { ApiDocument } from './api-document.js';
import { InputValidation } from './input-validation.js';
import { OpenApiController } from './openapi.controller.js';

/** Inputs and answers of all routes are held to the schemas they declare; the document shows these schemas. */
@Module({
  controllers: [OpenApiController],
  providers: [
    ApiDocument,
    { provide: APP_PIPE, useFactory: (): InputValidation => new InputValidation() },
    {
      provide: APP_INTERCEPTOR,
      useFactory: (reflector: Reflector) => new StandardSchemaSerializerInterceptor(reflector),
      inject: [Reflector],
    },
  ],
})
export class OpenApiModule {}
