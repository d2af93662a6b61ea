import { styleText } from 'node:util';

/** What a text says about its thing. */
export type Tone = 'good' | 'bad' | 'warning' | 'faint' | 'strong' | 'plain';

/** Colours a text; gives it back as it is where colours are off. */
export type Paint = (tone: Tone, text: string) => string;

const styles = { good: 'green', bad: 'red', warning: 'yellow', faint: 'dim', strong: 'bold' } as const;

export const noPaint: Paint = (_tone, text) => text;

export const ansiPaint: Paint = (tone, text) =>
  tone === 'plain' || text === '' ? text : styleText(styles[tone], text, { validateStream: false });

/** Colours are for terminals. NO_COLOR switches them off, FORCE_COLOR on; a set but empty NO_COLOR does nothing. */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}
