import { run, type HarnessRun } from './harness-run.js';
import { beforeAll, describe, expect, it } from 'vitest';

let quick: HarnessRun;

beforeAll(async () => {
  quick = await run(['--quick', '--json', '--only', 'one-object', '--only', 'drift']);
}, 300_000);

/** The numbers that do not depend on the machine. */
function counted(scenario: string, name: string): number | undefined {
  return quick
    .document()
    .results.find((one) => one.scenario === scenario)
    ?.measures.find((one) => one.name === name)?.value;
}

describe('npm run bench', () => {
  it('ends well and leaves one JSON document on stdout', () => {
    expect(quick.code, quick.stderr).toBe(0);
    expect(quick.document().results.map(({ scenario, error }) => [scenario, error])).toEqual([
      ['one-object', undefined],
      ['drift', undefined],
    ]);
  });

  it.each([
    ['one-object', 'builds', 1],
    ['one-object', 'objects applied', 1],
    ['one-object', 'requests of the Kustomization', 5],
    ['one-object', 'of these, events', 2],
    ['one-object', 'unused commit: builds', 0],
    ['drift', 'edits that were corrected', 4],
  ])('%s: counts %s', (scenario, name, value) => {
    expect(counted(scenario, name)).toBe(value);
  });

  it('says of each target whether it is met', () => {
    const measures = quick.document().results.flatMap((result) => result.measures);
    for (const { value, target, met } of measures)
      expect(met).toBe(target === undefined ? undefined : value <= target);
  });

  it.each([
    [['--no-build', '--only', 'nothing'], 'no scenario nothing; there are first-apply'],
    [['--quik'], 'quik'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
