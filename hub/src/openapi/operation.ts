import { HttpCode, SerializeOptions, applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { Access } from '../auth/access.js';
import type { Role } from '../auth/domain/role.js';
import { hubErrorStatus } from '../platform/errors/hub-error.js';
import type { HubErrorCode } from '../platform/errors/hub-error.js';
import { errorSchema } from './error.schema.js';

export interface OperationOptions {
  /** What the call does, in one line. */
  readonly summary: string;
  readonly description?: string;
  readonly access: Role | 'public';
  /** 200 unless told. */
  readonly status?: number;
  /** Where the answer has another status at times, e.g. 200 for what was there already. */
  readonly otherStatus?: number;
  /** The shape of the answer, which is also enforced; absent when there is no body. */
  readonly answer?: z.ZodType;
  /** Of an answer that is no JSON. */
  readonly contentType?: string;
  /** Errors besides those that every call may end with. */
  readonly errors?: readonly HubErrorCode[];
}

const errorsOfAll: readonly HubErrorCode[] = [
  'Unauthenticated',
  'Forbidden',
  'Invalid',
  'TooManyRequests',
  'Unavailable',
  'Internal',
];
/** What a code means, for the document. */
export const errorMeaning: Readonly<Record<HubErrorCode, string>> = {
  Unauthenticated: 'No valid API token.',
  Forbidden: 'The role of the token does not suffice.',
  NotFound: 'There is no such thing.',
  Conflict: 'It cannot be done in the present state.',
  TooLarge: 'A body has at most 1 MiB.',
  Invalid: 'The input is not valid; `field` names the part.',
  TooManyRequests:
    'Too many failed attempts to authenticate, or too many deliveries of a webhook; see Retry-After.',
  Unavailable: 'The hub cannot reach its database; see Retry-After.',
  Internal: 'The hub failed; the id stands in its log.',
};

/** Everything that a route declares: who may call it, what it answers, how it fails. The document comes from it. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { summary, description, access, status = 200, answer, errors = [] } = options;
  return applyDecorators(
    Access(access),
    HttpCode(status),
    ApiOperation({ summary, description: [description, roleText(access)].filter(Boolean).join(' ') }),
    answerResponse(options),
    ...(options.otherStatus === undefined
      ? []
      : [answerResponse({ ...options, status: options.otherStatus })]),
    ...(answer === undefined ? [] : [SerializeOptions({ schema: answer })]),
    ...(access === 'public' ? [] : [ApiBearerAuth()]),
    ...errorResponses(access === 'public' ? errors : [...errorsOfAll, ...errors]),
  );
}

function answerResponse({ status = 200, answer, contentType }: OperationOptions): MethodDecorator {
  if (answer !== undefined)
    return ApiResponse({ status, description: 'The answer.', standardSchema: answer });
  const content =
    contentType === undefined ? {} : { content: { [contentType]: { schema: { type: 'string' as const } } } };
  return ApiResponse({ status, description: 'Done.', ...content });
}

function errorResponses(codes: readonly HubErrorCode[]): readonly MethodDecorator[] {
  return codes.map((code) =>
    ApiResponse({
      status: hubErrorStatus[code],
      description: errorMeaning[code],
      standardSchema: errorSchema,
    }),
  );
}

function roleText(access: Role | 'public'): string {
  return access === 'public' ? 'Needs no token.' : `Needs the role ${access}.`;
}
