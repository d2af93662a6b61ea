import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, type Flags, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import { directRow, oneWorkerRows, slowRows } from './pace.rows.js';

/** Rows for an agent of their own, one after the other. */
function describeAgent(title: string, flags: Flags, rows: readonly ScenarioRow[]): void {
  describe(title, () => {
    let rig: ConformanceRig;
    beforeAll(async () => {
      rig = await startConformanceRig({ flags });
    });
    afterAll(() => rig?.stop());

    testRows(rows, (row) => runScenario(rig, row), { concurrency: 1 });
  });
}

describeAgent(
  'with one worker',
  { concurrent: '1', sourceConcurrent: '1', requeueDependency: '1h' },
  oneWorkerRows,
);
describeAgent('with few requests', { kubeApiQps: '2', kubeApiBurst: '2' }, slowRows);
describeAgent('with the watch', {}, [
  directRow('without DirectSourceFetch a round with nothing to do reads nothing from the API server', false),
]);
describeAgent('past the watch', { featureGates: 'DirectSourceFetch=true' }, [
  directRow('DirectSourceFetch: each round reads its source from the API server', true),
]);
