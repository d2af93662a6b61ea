import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { errorMeaning } from './operation.js';
import { hubVersion } from '../version.js';

/** The machine-readable form of the API, made from what the routes declare. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('Flotilla hub')
    .setDescription('The fleet: clusters, the objects that their agents reconcile, events, and intents.')
    .setVersion(hubVersion)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API token: flt_…', bearerFormat: '' })
    .build();
  const document = SwaggerModule.createDocument(app, description, {
    operationIdFactory: (_controller, method) => method,
  });
  for (const path of Object.values(document.paths)) tellTooLarge(path);
  return document;
}

/** Whatever takes a body may find it too large. */
function tellTooLarge({ post, put, patch }: OpenAPIObject['paths'][string]): void {
  for (const operation of [post, put, patch]) {
    const invalid = operation?.responses['422'];
    if (operation?.requestBody === undefined || invalid === undefined) continue;
    operation.responses['413'] = { ...invalid, description: errorMeaning.TooLarge };
  }
}
