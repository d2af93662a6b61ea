import 'reflect-metadata';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { AccessGuard } from './access.guard.js';
import type { Principal } from './access.js';
import { Access } from './access.js';
import type { Authenticator } from './authenticator.js';
import type { Role } from './domain/role.js';

class Routes {
  undeclared(): void {}
  @Access('public')
  open(): void {}
  @Access('operator')
  forOperators(): void {}
}

/** Everybody is who the header says. */
const believing = {
  authenticate: async (role: string | undefined): Promise<Principal> => ({
    tokenId: 't',
    name: 'n',
    role: role as Role,
    groups: [],
    emails: [],
  }),
} as unknown as Authenticator;

function asks(handler: keyof Routes, role: Role): Promise<boolean> {
  const request = { headers: { authorization: role }, ip: '::1' };
  const context = {
    getHandler: () => Routes.prototype[handler],
    getClass: () => Routes,
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({}) }),
  } as unknown as ExecutionContext;
  return new AccessGuard(new Reflector(), believing).canActivate(context);
}

describe('the guard of every route', () => {
  it('keeps a route closed that declares no role, even to an admin', async () => {
    await expect(asks('undeclared', 'admin')).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('lets everybody through to a public route', async () => {
    expect(await asks('open', 'viewer')).toBe(true);
  });

  it('asks for the declared role or a stronger one', async () => {
    await expect(asks('forOperators', 'viewer')).rejects.toMatchObject({
      code: 'Forbidden',
      message: 'the API token has the role viewer, the call needs operator',
    });
    expect(await asks('forOperators', 'operator')).toBe(true);
    expect(await asks('forOperators', 'admin')).toBe(true);
  });
});
