import { afterAll, beforeAll, describe } from 'vitest';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { includeRows } from './include.rows.js';
import { startTransports, type Transports, transportRows } from './transport.rows.js';
import { createSigners, type Signers, verifyRows } from './verify.rows.js';

const folder = temporaryFolder('signers');
let rig: ConformanceRig;
let signers: Signers;
let transports: Transports;
beforeAll(async () => {
  [rig, signers, transports] = await Promise.all([
    startConformanceRig(),
    createSigners(folder.path),
    startTransports(),
  ]);
});
afterAll(async () => {
  await rig?.stop();
  await signers?.stop();
  await transports?.stop();
  folder.remove();
});

describe('transports, includes and signatures', () => {
  const rows = [...transportRows(() => transports), ...includeRows, ...verifyRows(() => signers)];
  testRows(rows, (row) => runScenario(rig, row));
});
