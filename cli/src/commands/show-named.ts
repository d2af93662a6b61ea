import { usageError } from '../errors/cli-error.js';
import { isData, printData } from '../output/print-data.js';
import type { Runtime } from '../runtime.js';
import type { FleetView, ShowOptions } from './show-fleet-list.js';
import { showFleetList } from './show-fleet-list.js';

export interface NamedView<T> extends FleetView<T> {
  readonly name: string | undefined;
  readonly one: (name: string) => Promise<T>;
  /** Filters of the list; with a name there may be none. */
  readonly filters: Readonly<Record<string, unknown>>;
}

/** Shows the thing that is named, or the list. @throws CliError for a name with filters */
export async function showNamed<T>(
  runtime: Runtime,
  view: NamedView<T>,
  options: ShowOptions,
): Promise<void> {
  const { name, one, filters } = view;
  if (name === undefined) return showFleetList(runtime, view, options);
  if (Object.values(filters).some((value) => value !== undefined))
    throw usageError('a name and a filter: give one of them', 'leave out the name to filter the list');
  if (!options.watch && isData(options.output)) return printData(runtime, options.output, await one(name));
  const list = async () => ({ items: [await one(name)], nextCursor: null, total: 1 });
  await showFleetList(runtime, { ...view, list }, options);
}
