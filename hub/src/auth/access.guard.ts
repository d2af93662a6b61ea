import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HubError } from '../platform/errors/hub-error.js';
import { accessKey } from './access.js';
import { Authenticator } from './authenticator.js';
import type { Role } from './domain/role.js';
import { permits } from './domain/role.js';

/** Guards every route of the hub. A route that declares no role is closed to everybody. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.getAllAndOverride<Role | 'public' | undefined>(accessKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (needed === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    try {
      request.principal = await this.authenticator.authenticate(request.headers.authorization, request.ip);
    } catch (error) {
      const challenge = error instanceof HubError && error.code === 'Unauthenticated';
      if (challenge) void http.getResponse<FastifyReply>().header('www-authenticate', 'Bearer');
      throw error;
    }
    if (needed === undefined) throw new HubError('Forbidden', 'the route declares no role, so it is closed');
    if (!permits(request.principal.role, needed)) throw forbidden(request.principal.role, needed);
    return true;
  }
}

function forbidden(role: Role, needed: Role): HubError {
  return new HubError('Forbidden', `the API token has the role ${role}, the call needs ${needed}`, {
    remedy: `use a token with the role ${needed}; an admin makes one: flotilla token create --name NAME --role ${needed}`,
  });
}
