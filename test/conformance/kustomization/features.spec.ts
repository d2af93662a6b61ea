import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { expressionRows } from './expressions.rows.js';
import { remoteBaseRows } from './remote-bases.rows.js';
import { remoteRows } from './remote.rows.js';
import { sopsRows } from './sops.rows.js';

let rig: ConformanceRig;
beforeAll(async () => {
  rig = await startConformanceRig();
});
afterAll(() => rig?.stop());

describe('expressions, remote clusters and bases, decryption', () => {
  const rows = [...expressionRows, ...remoteRows, ...remoteBaseRows, ...sopsRows];
  testRows(rows, (row) => runScenario(rig, row), { concurrency: 16 });
});
