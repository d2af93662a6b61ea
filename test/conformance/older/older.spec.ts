import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { olderRows } from './older.rows.js';

let rig: ConformanceRig;
beforeAll(async () => {
  rig = await startConformanceRig();
});
afterAll(() => rig?.stop());

describe('manifests of older versions', () => {
  testRows(olderRows, (row) => runScenario(rig, row));
});
