import { afterAll, beforeAll, describe } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../servers/control-plane.js';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { cancelRows } from './cancel.rows.js';
import { healthRows } from './health.rows.js';
import { kstatusRows } from './kstatus.rows.js';
import { installWidgets, runKstatus } from './run-kstatus.js';

describe('kstatus', () => {
  let still: ControlPlane;
  let rig: ConformanceRig;
  beforeAll(async () => {
    still = await startControlPlane({ name: 'still', controllerManager: false });
    rig = await startConformanceRig({ cluster: still });
    await installWidgets(rig);
  });
  afterAll(async () => {
    await rig?.stop();
    await still?.stop();
  });

  // Most of them wait for a timeout of 30 s.
  testRows(kstatusRows, (row) => runKstatus(rig, row), { concurrency: 40, timeoutMs: 180_000 });
});

describe('health checks that a new trigger ends', () => {
  let rig: ConformanceRig;
  beforeAll(async () => {
    rig = await startConformanceRig({ flags: { featureGates: 'CancelHealthCheckOnNewRevision=true' } });
  });
  afterAll(() => rig?.stop());

  testRows(cancelRows, (row) => runScenario(rig, row));
});

describe('health checks', () => {
  let rig: ConformanceRig;
  beforeAll(async () => {
    rig = await startConformanceRig();
  });
  afterAll(() => rig?.stop());

  testRows(healthRows, (row) => runScenario(rig, row));
});
