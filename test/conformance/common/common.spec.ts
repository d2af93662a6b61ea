import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { noRemoteBaseRows } from '../kustomization/remote-bases.rows.js';
import { eventServerRows } from './event-server.rows.js';
import { lifeCycleRows } from './life-cycle.rows.js';
import { pauseRows, requeueRows, runPause } from './requeue.rows.js';
import { tenancyRows } from './tenancy.rows.js';

let rig: ConformanceRig;
beforeAll(async () => {
  rig = await startConformanceRig({ flags: { noCrossNamespaceRefs: 'true', noRemoteBases: 'true' } });
});
afterAll(() => rig?.stop());

describe('all kinds', () => {
  testRows(lifeCycleRows, (row) => runScenario(rig, row));
});

// After the others: the events of an agent are sent one after the other, and these make them wait.
describe('an event server with troubles', () => {
  testRows(eventServerRows, (row) => runScenario(rig, row));
});

describe('when an object comes back', () => {
  testRows(requeueRows, (row) => runScenario(rig, row));
  testRows(pauseRows, async (row) => runPause(row));
});

describe('tenants', () => {
  testRows([...tenancyRows, ...noRemoteBaseRows], (row) => runScenario(rig, row));
});
