import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { celRows } from './cel.rows.js';
import { keyRows } from './keys.rows.js';
import { stepRows } from './steps.rows.js';
import { wakeRows } from './wake.rows.js';

let rig: ConformanceRig;
const zone = process.env['TZ'];
beforeAll(async () => {
  process.env['TZ'] = 'Asia/Tokyo';
  rig = await startConformanceRig();
});
afterAll(async () => {
  await rig?.stop();
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

describe('expressions, steps, keys and what wakes', () => {
  const rows = [...stepRows, ...celRows, ...keyRows, ...wakeRows];
  testRows(rows, (row) => runScenario(rig, row), { concurrency: 16 });
});
