// A row is one behaviour of the contract that is proven against real servers. Rows of one file run at the same time,
// each in a namespace of its own; the name of its test begins with the section, which `npm run conformance` counts.
import { it } from 'vitest';

export interface Row {
  /** Section of the behaviour contract, e.g. `3.6`. */
  readonly section: string;
  /** What is true, as a sentence. */
  readonly behaviour: string;
}

export interface RowOptions {
  /** Rows under way at a time. */
  readonly concurrency?: number;
  readonly timeoutMs?: number;
}

/** Makes one test of each row. The first test starts the rows in their order; each waits for its own. */
export function testRows<R extends Row>(
  rows: readonly R[],
  run: (row: R) => Promise<void>,
  { concurrency = 12, timeoutMs = 120_000 }: RowOptions = {},
): void {
  let results: ReadonlyMap<string, Promise<void>> | undefined;
  for (const row of rows) {
    it(titleOf(row), { timeout: timeoutMs }, async ({ task }) => {
      results ??= startAll(selected(rows, task.suite?.tasks ?? task.file.tasks), run, concurrency);
      await results.get(titleOf(row));
    });
  }
}

const titleOf = ({ section, behaviour }: Row): string => `[${section}] ${behaviour}`;

/** Those that `vitest -t` lets run. */
function selected<R extends Row>(rows: readonly R[], tasks: readonly { name: string; mode: string }[]): R[] {
  const wanted = new Set(tasks.filter(({ mode }) => mode === 'run').map(({ name }) => name));
  return rows.filter((row) => wanted.has(titleOf(row)));
}

function startAll<R extends Row>(
  rows: readonly R[],
  run: (row: R) => Promise<void>,
  concurrency: number,
): ReadonlyMap<string, Promise<void>> {
  const free: (() => void)[] = [];
  let running = 0;
  const turn = async (): Promise<void> => {
    if (running >= concurrency) await new Promise<void>((resolve) => free.push(resolve));
    running += 1;
  };
  const inTurn = async (row: R): Promise<void> => {
    await turn();
    try {
      await run(row);
    } finally {
      running -= 1;
      free.shift()?.();
    }
  };
  const results = new Map<string, Promise<void>>();
  for (const row of rows) {
    if (results.has(titleOf(row))) throw new Error(`two rows say "${titleOf(row)}"`);
    const result = inTurn(row);
    // It is told by the test of this row, which may be waited for only later.
    result.catch(() => undefined);
    results.set(titleOf(row), result);
  }
  return results;
}
