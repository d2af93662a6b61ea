import type { Command } from 'commander';
import type { FluxKind } from '../cluster/kinds.js';
import { fluxKinds } from '../cluster/kinds.js';

/**
 * Makes a command for each kind below a verb, in Flux's grammar: `suspend kustomization`, `suspend source git`. The name
 * of a kind itself is understood, too: `suspend gitrepository`.
 */
export function addKindCommands(
  verb: Command,
  args: string,
  configure: (command: Command, kind: FluxKind) => void,
): void {
  const about = `${verb.name()} a`;
  const example = (words: string) =>
    `\n  flotilla ${verb.name()} ${words} apps\n  flotilla ${verb.name()} ${words} apps --cluster prod`;
  for (const kind of fluxKinds.filter(({ group }) => group === 'applier')) {
    const command = verb.command(`${kind.word} ${args}`).aliases([...kind.aliases, kind.pluralWord]);
    configure(command.description(`${about} ${kind.kind}`).addHelpText('after', example(kind.word)), kind);
  }
  const source = verb.command('source').alias('sources').description(`${about} source`);
  for (const kind of fluxKinds.filter(({ group }) => group === 'source')) {
    const command = source.command(`${kind.word} ${args}`).description(`${about} ${kind.kind}`);
    configure(command.addHelpText('after', example(`source ${kind.word}`)), kind);
    const [name = kind.kind, ...aliases] = kind.aliases;
    configure(verb.command(`${name} ${args}`, { hidden: true }).aliases(aliases), kind);
  }
}
