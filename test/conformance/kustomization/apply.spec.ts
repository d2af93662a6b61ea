import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { applyRows } from './apply.rows.js';
import { controlRows } from './controls.rows.js';
import { everydayRows } from './everyday.rows.js';
import { orderRows } from './order.rows.js';
import { takeOverRows } from './take-over.rows.js';

let rig: ConformanceRig;
beforeAll(async () => {
  rig = await startConformanceRig({
    flags: { overrideManager: 'legacy-tool', customApplyStageKinds: 'coordination.k8s.io/Lease' },
  });
});
afterAll(() => rig?.stop());

describe('apply', () => {
  const rows = [...applyRows, ...everydayRows, ...orderRows, ...takeOverRows, ...controlRows];
  testRows(rows, (row) => runScenario(rig, row));
});
