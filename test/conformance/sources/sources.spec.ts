import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { artifactRows } from './artifact.rows.js';
import { checkoutRows } from './checkout.rows.js';
import { credentialRows, type LockedServers, startLockedServers } from './credentials.rows.js';

let rig: ConformanceRig;
let locked: LockedServers;
beforeAll(async () => {
  [rig, locked] = await Promise.all([startConformanceRig(), startLockedServers()]);
});
afterAll(async () => {
  await rig?.stop();
  await locked?.stop();
});

describe('GitRepository', () => {
  const rows = [...checkoutRows, ...artifactRows, ...credentialRows(() => locked)];
  testRows(rows, (row) => runScenario(rig, row));
});
