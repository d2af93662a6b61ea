// The measurement of a hub with many agents, small: what it counts must be right; how long it took says nothing here.
import { beforeAll, describe, expect, it } from 'vitest';
import { type HarnessRun, run } from './harness-run.js';

let small: HarnessRun;

beforeAll(async () => {
  small = await run(['--fleet', '--quick', '--agents', '20', '--rollouts', '3', '--json']);
}, 300_000);

function counted(name: string): number | undefined {
  return small.document().results[0]?.measures.find((one) => one.name === name)?.value;
}

describe('npm run bench -- --fleet', () => {
  it('ends well, with every agent enrolled and back after a kill of the hub', () => {
    expect(small.document().results[0]?.error).toBeUndefined();
    expect(small.code, small.stderr).toBe(0);
    expect(counted('agents')).toBe(20);
    expect(counted('killed: sessions begun')).toBe(20);
  });

  it.each([
    ['one rollout', 1],
    ['all at once', 3],
    ['all at once, hub killed', 3],
  ])('%s: no cluster is skipped, told twice, too early or without being asked', (name, rollouts) => {
    expect(counted(`${name}: rollouts`)).toBe(rollouts);
    expect(counted(`${name}: clusters told`)).toBe(20 * rollouts);
    expect(counted(`${name}: clusters skipped, told twice, too early or without being asked`)).toBe(0);
  });

  it('refuses a number of agents that is none', async () => {
    const { code, stderr } = await run(['--fleet', '--agents', 'many']);
    expect(code).toBe(2);
    expect(stderr).toContain('--agents takes a number');
  });
});
