import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TransitionTable } from './domain/states.js';
import { clusterTransitions, commandStates, rolloutTransitions, waveTransitions } from './domain/states.js';

const spec = readFileSync(new URL('../../../docs/spec/rollouts.md', import.meta.url), 'utf8');

/** The rows of the table under a heading, as texts of its cells. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const [, after = ''] = spec.split(`\n### ${heading}\n`);
  const lines = after.split('\n');
  const begin = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, at) => at > begin && !line.startsWith('|'));
  return lines.slice(begin + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function rowsOf<State extends string>(table: TransitionTable<State>): readonly (readonly string[])[] {
  return Object.entries<Partial<Record<string, string>>>(table).flatMap(([from, targets]) =>
    Object.entries(targets).map(([to, when]) => [`\`${from}\``, `\`${to}\``, when ?? '']),
  );
}

describe('docs/spec/rollouts.md publishes what the code allows', () => {
  it.each([
    ['Rollout', rowsOf(rolloutTransitions)],
    ['Wave', rowsOf(waveTransitions)],
    ['Cluster', rowsOf(clusterTransitions)],
    [
      'Commands',
      Object.entries(commandStates).map(([command, states]) => [
        `\`${command}\``,
        states.map((state) => `\`${state}\``).join(', '),
      ]),
    ],
  ])('%s', (heading, rows) => {
    const published = tableUnder(heading).map((cells) => cells.slice(0, rows[0]?.length));
    expect(published).toEqual(rows);
  });
});
