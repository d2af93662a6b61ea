import type { Command } from 'commander';
import { usageError } from '../errors/cli-error.js';
import { openHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { collectWhole } from '../options/parsers.js';
import { printData } from '../output/print-data.js';
import type { Runtime } from '../runtime.js';

interface CommandOptions extends GlobalOptions, DataOptions {
  readonly filename: readonly string[];
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** The hub takes so many at once. */
const mostDocuments = 500;

/** `apply -f FILE|DIR|-`. */
export function addApply(program: Command, runtime: Runtime): void {
  const command = program
    .command('apply')
    .description('Apply Environment, Pipeline and Freeze documents: all of them or none')
    .requiredOption(
      '-f, --filename <path>',
      'file, folder (with all below it), or - for stdin; may be given several times',
      collectWhole,
    )
    .option('--dry-run', 'let the hub check them, and change nothing')
    .option('--force', 'also documents that the hub reads from Git, until it reads them again');
  withData(command)
    .addHelpText(
      'after',
      `
  flotilla apply -f fleet.yaml
  flotilla apply -f environments/ -f pipelines/shop.yaml --dry-run`,
    )
    .action(async (_options, leaf: Command) => apply(runtime, leaf.optsWithGlobals()));
}

async function apply(runtime: Runtime, options: CommandOptions): Promise<void> {
  const [{ readDocumentFiles }, { readDocuments }, { applyDocuments, printApplied, refused }] =
    await Promise.all([
      import('../documents/document-files.js'),
      import('../documents/read-documents.js'),
      import('../documents/apply-documents.js'),
    ]);
  const { filename, dryRun = false, force = false, output } = options;
  const { documents, problems } = readDocuments(await readDocumentFiles(filename, runtime.terminal));
  if (problems.length > 0) throw refused(runtime, problems);
  if (documents.length === 0)
    throw usageError(
      `no document of flotilla.dev in ${filename.map((path) => (path === '-' ? 'stdin' : path)).join(', ')}`,
      'a document begins with apiVersion: flotilla.dev/v1alpha1; files end with .yaml, .yml or .json',
    );
  if (documents.length > mostDocuments)
    throw usageError(
      `${documents.length} documents are more than the ${mostDocuments} that are applied at once`,
      'apply environments first, then pipelines, some at a time',
    );
  const hub = await openHub(runtime, options);
  const applied = await applyDocuments(runtime, hub, documents, { dryRun, force });
  if (output) return printData(runtime, output, applied);
  printApplied(runtime, applied);
}
