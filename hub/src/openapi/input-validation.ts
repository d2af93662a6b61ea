import { StandardSchemaValidationPipe } from '@nestjs/common';
import { invalid } from '../platform/errors/hub-error.js';
import type { HubError } from '../platform/errors/hub-error.js';

/** What a Standard Schema says about a wrong input; zod adds `code` and `keys`. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: string;
  readonly keys?: readonly string[];
}

/** Checks every input that declares a schema, and names the first field that is wrong. */
export function inputValidation(): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({ exceptionFactory: invalidInput });
}

export function invalidInput(issues: readonly Issue[]): HubError {
  const [issue] = issues;
  const path = (issue?.path ?? [])
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .join('.');
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys ?? [];
    const field = path === '' ? key : `${path}.${key}`;
    return invalid(field, `${field}: the call knows no such field`, { remedy: 'see /api/v1/openapi.json' });
  }
  const field = path === '' ? 'body' : path;
  const message = issue?.message ?? 'is not valid';
  return invalid(field, `${field}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`);
}
