import { afterAll, beforeAll, describe } from 'vitest';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { includeRows } from './include.rows.js';
import { createSigners, type Signers, verifyRows } from './verify.rows.js';

const folder = temporaryFolder('signers');
let rig: ConformanceRig;
let signers: Signers;
beforeAll(async () => {
  [rig, signers] = await Promise.all([startConformanceRig(), createSigners(folder.path)]);
});
afterAll(async () => {
  await rig?.stop();
  await signers?.stop();
  folder.remove();
});

describe('includes and signatures', () => {
  testRows([...includeRows, ...verifyRows(() => signers)], (row) => runScenario(rig, row));
});
