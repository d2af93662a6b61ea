// Runs `npm run bench` as a person or a machine does.
import { join } from 'node:path';
import { repositoryRoot } from '../servers/repository-root.js';
import { runTool, type ToolResult } from '../servers/tool.js';
import type { Measure, ScenarioResult } from './result.js';

interface BenchDocument {
  readonly results: ReadonlyArray<
    Omit<ScenarioResult, 'measures'> & {
      readonly measures: ReadonlyArray<Measure & { readonly met?: boolean }>;
    }
  >;
}

export interface HarnessRun extends ToolResult {
  /** What it printed on stdout. */
  document(): BenchDocument;
}

export async function run(args: readonly string[]): Promise<HarnessRun> {
  const result = await runTool(process.execPath, [join(repositoryRoot(), 'scripts', 'bench.mjs'), ...args]);
  return { ...result, document: () => JSON.parse(result.stdout) as BenchDocument };
}
