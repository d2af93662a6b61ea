import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata } from '@nestjs/common';
import { invalid } from '../platform/errors/hub-error.js';
import type { HubError } from '../platform/errors/hub-error.js';
import { unusablePart } from './unusable-input.js';

/** What a Standard Schema says about a wrong input; zod adds `code` and `keys`. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: string;
  readonly keys?: readonly string[];
}

/** Checks every input, against its schema where it declares one, and names the first field that is wrong. */
export class InputValidation extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: invalidInput });
  }

  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    if (metadata.type !== 'custom') refuseUnusable(value, metadata.data ?? metadata.type);
    return super.transform(value, metadata);
  }
}

/** @throws HubError Invalid for what no call can use; `name` is that of the whole input */
export function refuseUnusable(input: unknown, name: string): void {
  const part = unusablePart(input);
  if (part === undefined) return;
  const field = part.path === '' ? name : part.path;
  throw invalid(field, `${field}: ${part.message}`);
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
