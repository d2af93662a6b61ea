import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { buildRows } from './build.rows.js';
import { fieldRows } from './fields.rows.js';
import { patchRows } from './patches.rows.js';
import { pipelineRows } from './pipeline.rows.js';
import { pruneRows } from './prune.rows.js';

let rig: ConformanceRig;
beforeAll(async () => {
  rig = await startConformanceRig();
});
afterAll(() => rig?.stop());

describe('Kustomization', () => {
  const rows = [...pipelineRows, ...pruneRows, ...fieldRows, ...patchRows, ...buildRows];
  testRows(rows, (row) => runScenario(rig, row));
});
