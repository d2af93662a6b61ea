import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, type Flags, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import { gateEffectRows, installExternalArtifacts, lockDownRows, otherGates } from './gates.rows.js';

/** Rows for an agent with flags of its own. */
function describeAgent(title: string, flags: Flags, rows: readonly ScenarioRow[]): void {
  describe(title, () => {
    let rig: ConformanceRig;
    beforeAll(async () => {
      rig = await startConformanceRig({ flags });
      await installExternalArtifacts(rig.cluster);
    });
    afterAll(() => rig?.stop());

    testRows(rows, (row) => runScenario(rig, row));
  });
}

describeAgent('with gates the other way round', { featureGates: otherGates }, gateEffectRows);
describeAgent('locked down', { defaultServiceAccount: 'default' }, lockDownRows);
