import type { Command } from 'commander';
import { Option } from 'commander';
import type { DataFormat, OutputFormat } from '../output/print-data.js';

export interface TableOptions {
  readonly output: OutputFormat;
  /** False with --no-header. */
  readonly header: boolean;
}

export interface WatchOptions {
  readonly watch?: boolean;
}

export interface DataOptions {
  readonly output?: DataFormat;
}

/** `-o table|wide|json|yaml` and `--no-header`. */
export function withTable(
  command: Command,
  formats: readonly OutputFormat[] = ['table', 'json', 'yaml'],
): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'format of the output').choices(formats).default('table'))
    .option('--no-header', 'leave out the names of the columns');
}

/** `-o json|yaml` of commands that print no table. */
export function withData(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'print the data instead').choices(['json', 'yaml']),
  );
}

/** `-w, --watch`. */
export function withWatch(command: Command): Command {
  return command.option('-w, --watch', 'go on and show changes, until interrupted');
}
