import { HubError } from '../platform/errors/hub-error.js';

/** Holds the OpenAPI document, which can only be made when all routes are known. */
export class ApiDocument {
  private document: object | undefined;

  set(document: object): void {
    this.document = document;
  }

  get value(): object {
    if (this.document === undefined)
      throw new HubError('Unavailable', 'the OpenAPI document is not ready yet');
    return this.document;
  }
}
