import type { Command } from 'commander';
import type { DocumentPlace } from '../hub/document-api.js';
import { openHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import { plain } from '../output/table.js';
import type { Runtime } from '../runtime.js';

export interface DeleteOptions extends GlobalOptions {
  readonly force?: boolean;
}

const kinds: readonly (readonly [kind: string, place: DocumentPlace, what: string])[] = [
  ['environment', 'environments', 'Delete environments; not while a pipeline or a freeze names them'],
  ['pipeline', 'pipelines', 'Delete pipelines; not while promotions of them are under way'],
  ['freeze', 'freezes', 'Lift freezes at once, as "unfreeze"'],
];

/** `delete environment|pipeline|freeze NAME...`. */
export function addDelete(program: Command, runtime: Runtime): void {
  const verb = program.command('delete').description('Delete environments, pipelines and freezes');
  for (const [kind, place, description] of kinds)
    verb
      .command(`${kind} <names...>`)
      .alias(place)
      .description(description)
      .option('--force', 'also what the hub reads from Git, until it reads it again')
      .addHelpText('after', `\n  flotilla delete ${kind} old`)
      .action(async (names: string[], _options, leaf: Command) =>
        deleteDocuments(runtime, kind, place, names, leaf.optsWithGlobals()),
      );
}

/** One by one; the first that cannot be deleted ends it. */
export async function deleteDocuments(
  runtime: Runtime,
  kind: string,
  place: DocumentPlace,
  names: readonly string[],
  options: DeleteOptions,
): Promise<void> {
  const hub = await openHub(runtime, options);
  for (const name of names) {
    await hub.documents.remove(place, name, options.force === true);
    runtime.terminal.out(`${plain(`${kind}/${name} deleted`)}\n`);
  }
}
