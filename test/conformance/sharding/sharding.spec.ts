import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { shardingRows } from './sharding.rows.js';

let main: ConformanceRig;
let shard: ConformanceRig;
beforeAll(async () => {
  main = await startConformanceRig({ selector: '!sharding.fluxcd.io/key' });
  shard = await startConformanceRig({ beside: main, selector: 'sharding.fluxcd.io/key=shard1' });
});
afterAll(async () => {
  await shard?.stop();
  await main?.stop();
});

describe('shards', () => {
  testRows(shardingRows, (row) => runScenario(main, row));
});
