import { usageError } from '../errors/cli-error.js';
import type { HubClient } from '../hub/hub-client.js';
import { HubRefusal } from '../hub/hub-errors.js';
import type { Applied } from '../hub/document-schema.js';
import { failed } from '../output/progress.js';
import { plain } from '../output/table.js';
import type { Runtime } from '../runtime.js';
import type { LocatedDocument } from './read-documents.js';
import { problemLine } from './read-documents.js';

export interface ApplyOptions {
  readonly dryRun: boolean;
  readonly force: boolean;
}

/** Applies documents, all or none. Problems that only the hub can see name the file, too. @throws CliError */
export async function applyDocuments(
  runtime: Runtime,
  hub: HubClient,
  documents: readonly LocatedDocument[],
  options: ApplyOptions,
): Promise<Applied> {
  try {
    const values = documents.map(({ value }) => value);
    return await hub.documents.apply(values, options);
  } catch (error) {
    if (!(error instanceof HubRefusal) || error.problems.length === 0) throw error;
    const lines = error.problems.map(({ document, field, message }) => {
      const place = documents.find(({ name }) => name === document);
      return place ? problemLine(place, field, message) : `${document}: ${field}: ${message}`;
    });
    throw refused(runtime, lines);
  }
}

/** Tells every problem, and gives the error that ends the command. */
export function refused(runtime: Runtime, problems: readonly string[]): Error {
  for (const line of problems) failed(runtime, line);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return usageError(`${count}; nothing has been applied`, 'correct the documents and apply them again');
}

/** `environment/prod created`, a line each. */
export function printApplied(runtime: Runtime, { documents, dryRun }: Applied): void {
  const suffix = dryRun ? ' (dry run)' : '';
  for (const { kind, name, outcome } of documents)
    runtime.terminal.out(`${plain(`${kind.toLowerCase()}/${name} ${outcome}`)}${suffix}\n`);
}
