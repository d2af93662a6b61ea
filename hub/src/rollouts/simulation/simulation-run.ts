import { cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Failure, Part, PartResult, Subject } from './part.js';

export interface SimulationOptions {
  readonly subject: Subject;
  readonly schedules: number;
  readonly seed: number;
  readonly threads?: number;
  /** Told after each part. */
  readonly onProgress?: (progress: SimulationProgress) => void;
}

export interface SimulationProgress {
  readonly schedules: number;
  readonly decisions: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface SimulationResult extends SimulationProgress {
  /** The failure with the smallest number of those that were found. */
  readonly failure: Failure | null;
}

/** Schedules that a thread runs before it tells. */
const partSize = 2_000;

/** Runs schedules on several threads until all are run or one has failed. */
export async function runSimulation(options: SimulationOptions): Promise<SimulationResult> {
  const began = performance.now();
  const ends: Record<string, number> = {};
  let first = 0;
  let schedules = 0;
  let decisions = 0;
  let failure: Failure | null = null;
  const next = (): Part | null => {
    if (failure || first >= options.schedules) return null;
    const part = { seed: options.seed, first, count: Math.min(partSize, options.schedules - first) };
    first += part.count;
    return part;
  };
  const progress = (): SimulationProgress => ({
    schedules,
    decisions,
    ends,
    seconds: (performance.now() - began) / 1000,
  });
  const take = (result: PartResult): void => {
    schedules += result.schedules;
    decisions += result.decisions;
    for (const [state, count] of Object.entries(result.ends)) ends[state] = (ends[state] ?? 0) + count;
    if (result.failure && (!failure || result.failure.number < failure.number)) failure = result.failure;
    options.onProgress?.(progress());
  };
  const threads = options.threads ?? Math.max(1, cpus().length);
  await Promise.all(Array.from({ length: threads }, () => work(options.subject, next, take)));
  return { ...progress(), failure };
}

function work(subject: Subject, next: () => Part | null, take: (result: PartResult) => void): Promise<void> {
  const worker = new Worker(new URL('./simulation-worker.js', import.meta.url), { workerData: subject });
  return new Promise<void>((resolve, reject) => {
    const go = (): void => {
      const part = next();
      if (part) worker.postMessage(part);
      else void worker.terminate().then(() => resolve(), reject);
    };
    worker.on('message', (result: PartResult) => {
      take(result);
      go();
    });
    worker.on('error', reject);
    go();
  });
}
