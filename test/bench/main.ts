// Runs the scenarios one after the other and says what they measured.
import { cpus, loadavg } from 'node:os';
import type { Measure, ScenarioResult } from './result.js';
import { formatResults, isMet, missed } from './result.js';
import { fullSizes, quickSizes, type Scenario, type ScenarioContext, type Sizes } from './scenario.js';
import { drift } from './scenarios/drift.js';
import { firstApply } from './scenarios/first-apply.js';
import { hubFleet } from './scenarios/hub-fleet.js';
import { largeFleet } from './scenarios/large-fleet.js';
import { limits } from './scenarios/limits.js';
import { oneObject } from './scenarios/one-object.js';

export interface BenchOptions {
  readonly json: boolean;
  readonly quick: boolean;
  /** A missed target is a failure. */
  readonly strict: boolean;
  /** Measure the limits instead: that takes long and fills memory. */
  readonly limits: boolean;
  /** Measure a hub with simulated agents instead. */
  readonly fleet: boolean;
  /** Of that fleet; the usual sizes without. */
  readonly agents?: string | undefined;
  readonly rollouts?: string | undefined;
  /** Names of scenarios; empty means all. */
  readonly only: readonly string[];
  /** Folder for CPU profiles of the agent. */
  readonly profiles?: string | undefined;
}

const usual: readonly Scenario[] = [firstApply, oneObject, drift, largeFleet];

/** Gives the exit code: 0 unless something broke, or `strict` and a target was missed; 2 for an unknown scenario. */
export async function main(options: BenchOptions): Promise<number> {
  const scenarios = options.limits ? [limits] : options.fleet ? [hubFleet] : usual;
  const unknown = options.only.find((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    process.stderr.write(
      `bench: no scenario ${unknown}; there are ${scenarios.map(({ name }) => name).join(', ')}\n`,
    );
    return 2;
  }
  const chosen = scenarios.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const results: ScenarioResult[] = [];
  for (const scenario of chosen) results.push(await runScenario(scenario, options));
  process.stdout.write(
    options.json ? `${JSON.stringify(documentOf(results, options), null, 2)}\n` : textOf(results),
  );
  const broken = results.some(({ error }) => error !== undefined);
  return broken || (options.strict && missed(results).length > 0) ? 1 : 0;
}

async function runScenario(scenario: Scenario, options: BenchOptions): Promise<ScenarioResult> {
  const measures: Measure[] = [];
  const context: ScenarioContext = {
    sizes: sizesOf(options),
    profiles: options.profiles,
    progress: (text) => void process.stderr.write(`${scenario.name}: ${text}\n`),
  };
  context.progress(scenario.title);
  try {
    await scenario.run(context, (more) => measures.push(...more));
    return { scenario: scenario.name, measures };
  } catch (error) {
    return {
      scenario: scenario.name,
      measures,
      error: error instanceof Error ? error.message : String(error),
    };
  }
}

function sizesOf({ quick, agents, rollouts }: BenchOptions): Sizes {
  const sizes = quick ? quickSizes : fullSizes;
  const hub = {
    ...sizes.hub,
    ...(agents !== undefined && { agents: Number(agents) }),
    ...(rollouts !== undefined && { rollouts: Number(rollouts) }),
  };
  return { ...sizes, hub };
}

function textOf(results: readonly ScenarioResult[]): string {
  const misses = missed(results);
  const verdict = misses.length === 0 ? 'every target is met' : `missed: ${misses.join(', ')}`;
  return `${formatResults(results)}\n\n${verdict}\n`;
}

function documentOf(results: readonly ScenarioResult[], { quick }: BenchOptions): unknown {
  return {
    quick,
    machine: { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, load: loadavg()[0] },
    results: results.map(({ scenario, measures, error }) => ({
      scenario,
      ...(error === undefined ? {} : { error }),
      measures: measures.map((measure) => ({
        ...measure,
        ...(measure.target === undefined ? {} : { met: isMet(measure) }),
      })),
    })),
    missed: missed(results),
  };
}
