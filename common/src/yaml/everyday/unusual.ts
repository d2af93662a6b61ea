/** Says that a text holds something beyond everyday YAML; the full parser has to read it. No error of anybody's. */
export class Unusual extends Error {
  override readonly name = 'Unusual';
}

// One for all: a stack trace for each text would cost more than reading it.
const unusual = new Unusual('not everyday YAML');

/** @throws Unusual always */
export function giveUp(): never {
  throw unusual;
}
