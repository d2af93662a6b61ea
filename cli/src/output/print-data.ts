import type { Runtime } from '../runtime.js';
import { prettyJson } from './json.js';
import type { Cell } from './table.js';
import { renderTable } from './table.js';

export type DataFormat = 'json' | 'yaml';
export type OutputFormat = 'table' | 'wide' | DataFormat;

export function isData(format: OutputFormat): format is DataFormat {
  return format === 'json' || format === 'yaml';
}

/** Prints what the API gave, as it is. */
export async function printData(runtime: Runtime, format: DataFormat, value: unknown): Promise<void> {
  runtime.terminal.out(format === 'json' ? prettyJson(value) : await yamlOf(value));
}

/** One document of a stream of them: a line of JSON, or a YAML document. */
export async function printDocument(runtime: Runtime, format: DataFormat, value: unknown): Promise<void> {
  if (format === 'yaml') return runtime.terminal.out(`---\n${await yamlOf(value)}`);
  const { stringifyJson } = await import('@flotilla/agent/kube/json');
  runtime.terminal.out(`${stringifyJson(value)}\n`);
}

export function printTable(
  runtime: Runtime,
  table: { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] },
  header: boolean,
): void {
  runtime.terminal.out(renderTable(table, { header, paint: runtime.terminal.paintOut }));
}

async function yamlOf(value: unknown): Promise<string> {
  const { emitYaml } = await import('@flotilla/common/yaml/emit');
  return emitYaml(value);
}
