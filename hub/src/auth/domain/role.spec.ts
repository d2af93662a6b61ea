import { describe, expect, it } from 'vitest';
import { permits, roles } from './role.js';

describe('roles', () => {
  it.each([
    ['viewer', [true, false, false]],
    ['operator', [true, true, false]],
    ['admin', [true, true, true]],
  ] as const)('%s may do what viewer, operator, admin may: %j', (role, expected) => {
    expect(roles.map((needed) => permits(role, needed))).toEqual(expected);
  });
});
