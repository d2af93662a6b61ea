// What a measurement says, and whether that is good enough.

/** One measured number. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The most that is good enough; absent for numbers that only explain others. */
  readonly target?: number;
}

/** What one scenario measured, or why it could not. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly measures: readonly Measure[];
  readonly error?: string;
}

/** True when the measure has no target, or keeps it. */
export function isMet({ value, target }: Measure): boolean {
  return target === undefined || value <= target;
}

/** The measures that miss their targets, as `scenario: name`. */
export function missed(results: readonly ScenarioResult[]): string[] {
  return results.flatMap(({ scenario, measures }) =>
    measures.filter((measure) => !isMet(measure)).map(({ name }) => `${scenario}: ${name}`),
  );
}

/** A table for people. */
export function formatResults(results: readonly ScenarioResult[]): string {
  const rows = results.flatMap((result) => {
    const failed = result.error === undefined ? [] : [[result.scenario, 'broken', '', '', result.error]];
    return [...result.measures.map((measure) => rowOf(result.scenario, measure)), ...failed];
  });
  const all = [['scenario', 'measure', 'value', 'target', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => pad(cell, column, widths))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rowOf(scenario: string, measure: Measure): string[] {
  const { name, value, unit, target } = measure;
  const shown = `${round(value)}${unit === '' ? '' : ` ${unit}`}`;
  if (target === undefined) return [scenario, name, shown, '', ''];
  return [scenario, name, shown, `<= ${target}`, isMet(measure) ? 'met' : 'MISSED'];
}

function pad(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column === 2 || column === 3 ? cell.padStart(width) : cell.padEnd(width);
}

/** Three digits that count. */
export function round(value: number): number {
  return Number(value.toPrecision(Math.max(3, Math.ceil(Math.log10(Math.abs(value) + 1)))));
}

/** The value below which the share `p` (0 to 1) of the values lies. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(Math.ceil(sorted.length * p) - 1, 0)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
