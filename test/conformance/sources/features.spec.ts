import { afterAll, beforeAll, describe } from 'vitest';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { type IdentityServers, identityRows, startIdentityServers } from './identity.rows.js';
import { includeRows } from './include.rows.js';
import { progressRows } from './progress.rows.js';
import { startTransports, type Transports, transportRows } from './transport.rows.js';
import { createSigners, type Signers, verifyRows } from './verify.rows.js';

const folder = temporaryFolder('signers');
let rig: ConformanceRig;
let signers: Signers;
let transports: Transports;
let identities: IdentityServers;
beforeAll(async () => {
  [rig, signers, transports, identities] = await Promise.all([
    startConformanceRig(),
    createSigners(folder.path),
    startTransports(),
    startIdentityServers(),
  ]);
});
afterAll(async () => {
  await rig?.stop();
  await signers?.stop();
  await transports?.stop();
  await identities?.stop();
  folder.remove();
});

describe('transports, includes and signatures', () => {
  const rows = [
    ...transportRows(() => transports),
    ...identityRows(() => identities),
    ...progressRows,
    ...includeRows,
    ...verifyRows(() => signers),
  ];
  testRows(rows, (row) => runScenario(rig, row));
});
