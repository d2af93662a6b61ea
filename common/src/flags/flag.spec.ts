import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Flag, InvalidFlagError, readFlags, syntaxOf, variableOf } from './flag.js';

const port: Flag<number> = {
  name: 'kube-api-qps',
  description: 'Requests a second.',
  value: 'n',
  schema: z.string().transform((text, context) => {
    if (/^\d+$/.test(text)) return Number(text);
    context.addIssue('use a whole number, e.g. 50');
    return z.NEVER;
  }) as unknown as Flag<number>['schema'],
  default: '50',
  env: ['QPS'],
};
const token: Flag<string> = {
  name: 'join-token',
  description: 'Token.',
  value: 'token',
  schema: z.string().startsWith('flj_', 'a join token starts with flj_') as unknown as Flag<string>['schema'],
  default: 'flj_none',
  secret: true,
};

describe('a flag', () => {
  it.each([
    ['the command line', { port: '1' }, { FLOTILLA_AGENT_KUBE_API_QPS: '2', QPS: '3' }, 1],
    ['its environment variable', {}, { FLOTILLA_AGENT_KUBE_API_QPS: '2', QPS: '3' }, 2],
    ['a variable that others set', {}, { QPS: '3' }, 3],
    ['its default, an empty variable counting as none', {}, { FLOTILLA_AGENT_KUBE_API_QPS: '' }, 50],
  ])('takes its value from %s first', (_from, given, environment, expected) => {
    expect(readFlags('FLOTILLA_AGENT', { port }, given, environment).port).toBe(expected);
  });

  it('names itself and the remedy when its value does not fit', () => {
    expect(() => readFlags('X', { port }, { port: 'many' }, {})).toThrow(
      'flag --kube-api-qps has the invalid value "many": use a whole number, e.g. 50',
    );
  });

  it('names the variable when the wrong value came from there', () => {
    expect(() => readFlags('X', { port }, {}, { X_KUBE_API_QPS: 'many' })).toThrow(
      'environment variable X_KUBE_API_QPS has the invalid value "many"',
    );
  });

  it('never repeats a secret in an error', () => {
    const read = () => readFlags('X', { token }, { token: 'hunter2' }, {});
    expect(read).toThrow(InvalidFlagError);
    expect(read).not.toThrow('hunter2');
  });

  it('tells its variables and default in the help', () => {
    expect(variableOf('FLOTILLA_AGENT', 'kube-api-qps')).toBe('FLOTILLA_AGENT_KUBE_API_QPS');
    expect(syntaxOf('FLOTILLA_AGENT', port)).toMatchObject({
      syntax: '--kube-api-qps <n>',
      description: 'Requests a second. (env FLOTILLA_AGENT_KUBE_API_QPS or QPS, default 50)',
    });
  });
});
