import type { Person } from '../domain/promotion.js';

/** A token, and whose it is: two tokens can be one person's. */
export interface SimulatedPerson extends Person {
  readonly human: string;
}

function token(human: string, name: string, groups: readonly string[]): SimulatedPerson {
  return { human, tokenId: `token-${name}`, name, emails: [`${human}@example.com`], groups };
}

/** Without addresses: nobody can tell whose it is. */
const nameless: SimulatedPerson = {
  human: 'ada',
  tokenId: 'token-ci',
  name: 'ci',
  emails: [],
  groups: ['security', 'ops'],
};

export const people: readonly SimulatedPerson[] = [
  token('ada', 'ada', ['security']),
  token('bob', 'bob', []),
  token('bob', 'bob-phone', ['ops']),
  token('cy', 'cy', ['ops']),
  token('dan', 'dan', ['security', 'ops']),
  token('eve', 'eve', []),
  nameless,
];

/** Who writes changes; dan and eve never do. */
export const authors: readonly string[] = ['ada', 'bob', 'cy'];

/** The human behind a token's name. */
export function humanOf(tokenName: string): string {
  return people.find(({ name }) => name === tokenName)?.human ?? tokenName;
}
