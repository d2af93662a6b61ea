import { SetMetadata, createParamDecorator } from '@nestjs/common';
import type { CustomDecorator, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Role } from './domain/role.js';

/** Who makes a request. */
export interface Principal {
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  /** Which groups the person belongs to, for quotas of approvals. */
  readonly groups: readonly string[];
  /** Lower case; whose commits are the person's own. */
  readonly emails: readonly string[];
}

/** What a mutation is audited with. */
export interface Caller extends Principal {
  readonly requestId: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access guard on every route that is not public. */
    principal?: Principal;
  }
}

/** Metadata key of the declared access; a route without it is closed. */
export const accessKey = 'flotilla:access';

/** The role that a route asks for, or `public` for no token at all. Every route declares one. */
export function Access(needed: Role | 'public'): CustomDecorator {
  return SetMetadata(accessKey, needed);
}

/** The authenticated caller of the request, as a parameter of a handler. */
export const CallerOf = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  if (request.principal === undefined) throw new Error('a public route has no caller');
  return { ...request.principal, requestId: request.id };
});
