import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { sharedControlPlane } from '../../servers/shared/shared-servers.js';
import { type ConformanceRig, type Flags, startConformanceRig } from '../rig/conformance-agent.js';
import { applyAs } from '../rig/objects.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import { type FakeVault, loginPath, startFakeVault } from './fake-vault.js';
import { installExternalArtifacts } from './external-artifact.js';
import { gateEffectRows, lockDownRows, otherGates, ownNamespaceRows } from './gates.rows.js';
import { vaultRows } from './vault.rows.js';

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
describeAgent(
  'of one namespace',
  { watchAllNamespaces: 'false', runtimeNamespace: 'default' },
  ownNamespaceRows,
);
describeAgent('locked down', { defaultServiceAccount: 'default' }, lockDownRows);

describe('with workload identity', () => {
  const configMap = `vault-${randomBytes(4).toString('hex')}`;
  let rig: ConformanceRig;
  let vault: FakeVault;
  beforeAll(async () => {
    const { kube } = await sharedControlPlane();
    vault = await startFakeVault(kube);
    const instances = [{ address: `${vault.address}/`, loginPath }];
    await applyAs(kube, 'test', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'default', name: configMap },
      data: { 'config.yaml': JSON.stringify({ instances }) },
    });
    rig = await startConformanceRig({
      flags: {
        featureGates: 'ObjectLevelWorkloadIdentity=true',
        runtimeNamespace: 'default',
        sopsVaultConfigmap: configMap,
        defaultDecryptionServiceAccount: 'robot',
      },
    });
  });
  afterAll(async () => {
    await rig?.stop();
    vault?.stop();
  });

  testRows(
    vaultRows(() => vault),
    (row) => runScenario(rig, row),
  );
});
