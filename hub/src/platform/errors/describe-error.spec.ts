import { BadRequestException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { describeError } from './describe-error.js';
import { HubError } from './hub-error.js';

const coded = (message: string, code: string): Error => Object.assign(new Error(message), { code });

describe('an error as people see it', () => {
  it.each<[string, unknown, string, RegExp]>([
    [
      'of the hub stays as it is',
      new HubError('Conflict', 'cluster "a" exists'),
      'Conflict',
      /^cluster "a" exists$/,
    ],
    [
      'of a lost database says so',
      coded('connect ECONNREFUSED 10.0.0.1:5432', 'ECONNREFUSED'),
      'Unavailable',
      /^the hub cannot reach its database$/,
    ],
    [
      'of a database that stops says so, however deep',
      new Error('query', { cause: coded('x', '57P01') }),
      'Unavailable',
      /database/,
    ],
    ['of a route that is none', new NotFoundException('Cannot GET /x'), 'NotFound', /^cannot GET \/x$/],
    ['of a bad request', new BadRequestException('Unexpected token'), 'Invalid', /^unexpected token$/],
    [
      'of Fastify',
      Object.assign(new Error('Body is not valid JSON'), { statusCode: 400 }),
      'Invalid',
      /^body is not/,
    ],
    ['that nobody foresaw tells nothing', new Error('password=hunter2'), 'Internal', /^the hub failed$/],
    ['that is no error at all', 'boom', 'Internal', /^the hub failed$/],
  ])('%s', (_, thrown, code, message) => {
    expect(describeError(thrown)).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
