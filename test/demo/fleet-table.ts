// The fleet as a table for people.
import type { ClusterView } from './hub-api.js';

const header = ['CLUSTER', 'READY', 'SYNC', 'HEALTH', 'FRESHNESS', 'OBJECTS', 'REVISION'];

/** The lines of the table, padded so that columns stand under each other. */
export function fleetTable(clusters: readonly ClusterView[]): string[] {
  const rows = clusters.map((cluster) => [
    cluster.name,
    cluster.ready ? 'True' : 'False',
    cluster.sync,
    cluster.health,
    cluster.freshness,
    `${cluster.objects.ready}/${cluster.objects.total}`,
    shortRevision(cluster.revision),
  ]);
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('   ')
      .trimEnd(),
  );
}

/** main@sha1:1234abcd */
function shortRevision(revision: string | null): string {
  return revision?.replace(/([0-9a-f]{8})[0-9a-f]{32,}$/, '$1') ?? '-';
}

/** Shows a table again and again: in place on a terminal, else only when it has changed. */
export class LiveTable {
  #lines = 0;
  #last = '';

  constructor(private readonly output: NodeJS.WriteStream) {}

  show(clusters: readonly ClusterView[]): void {
    const lines = fleetTable(clusters);
    const text = `${lines.join('\n')}\n`;
    if (text === this.#last) return;
    if (this.output.isTTY && this.#lines > 0) this.output.write(`\x1b[${this.#lines}A\x1b[J`);
    else if (this.#last !== '') this.output.write('\n');
    this.output.write(text);
    this.#last = text;
    this.#lines = lines.length;
  }

  /** The next table starts below what is on the screen now. */
  settle(): void {
    this.#lines = 0;
  }
}
