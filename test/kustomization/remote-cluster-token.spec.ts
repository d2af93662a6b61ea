import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, condition, KustomizationRig, ready } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController();
});
afterAll(async () => rig?.stop());

const revision = 'main@sha1:1';
const dataHere = async (ns: string) => (await rig.get('v1', 'ConfigMap', ns, 'config'))?.['data'];

async function fleet(): Promise<string> {
  const ns = await rig.namespace();
  await rig.publish(ns, 'fleet', revision, { 'config.yaml': configMap(ns, 'config', { v: '1' }) });
  return ns;
}

/** The API server reads new roles a moment later. */
const authorised = () => sleep(500);

describe('kubeConfig.configMapRef (flux-compat 3.10)', () => {
  async function clusterConfig(ns: string, data: Record<string, string>): Promise<void> {
    await rig.client.apply(JSON.parse(configMap(ns, 'cluster', data)) as never, {
      fieldManager: 'test',
      force: true,
    });
  }

  const configMapRef = { kubeConfig: { configMapRef: { name: 'cluster' } } };

  it('acts with a token of a ServiceAccount for the generic provider', async () => {
    const ns = await fleet();
    const rbac = 'rbac.authorization.k8s.io';
    await rig.client.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: ns, name: 'remote' },
    });
    // The API server of the rig trusts its own tokens, whichever way it is reached.
    await clusterConfig(ns, {
      provider: 'generic',
      address: rig.plane.url,
      'ca.crt': Buffer.from(rig.plane.caData, 'base64').toString('utf8'),
      audiences: 'https://kubernetes.default.svc',
      serviceAccountName: 'remote',
    });
    await rig.kustomization(ns, 'generic', configMapRef);
    const refused = await rig.untilReason(ns, 'generic', 'ReconciliationFailed');
    expect(ready(refused)?.message).toContain(`User "system:serviceaccount:${ns}:remote" cannot`);

    await rig.client.create({
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace: ns, name: 'remote' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'ServiceAccount', namespace: ns, name: 'remote' }],
    });
    await authorised();
    await rig.request(ns, 'generic');
    await rig.untilReady(ns, 'generic', revision);
    expect(await dataHere(ns)).toEqual({ v: '1' });
  });

  it('does not act with a token for somebody else', async () => {
    const ns = await fleet();
    await rig.client.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: ns, name: 'remote' },
    });
    await clusterConfig(ns, {
      provider: 'generic',
      address: rig.plane.url,
      'ca.crt': Buffer.from(rig.plane.caData, 'base64').toString('utf8'),
      serviceAccountName: 'remote',
    });
    await rig.kustomization(ns, 'audience', configMapRef);
    const refused = await rig.untilReason(ns, 'audience', 'ReconciliationFailed');
    expect(ready(refused)?.message).toContain('Unauthorized');
  });

  it.each<[data: Record<string, string>, reason: string, message: string]>([
    [{ provider: 'aws' }, 'ReconciliationFailed', 'data.cluster is required'],
    [
      { provider: 'azure', cluster: 'x', serviceAccountName: 'y' },
      'FeatureGateDisabled',
      'please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    ],
    [
      { provider: 'mine' },
      'InvalidProviderConfiguration',
      `provider 'mine' is none of aws, azure, gcp and generic`,
    ],
    [{}, 'ReconciliationFailed', 'data.provider is required'],
    [{ provider: 'generic' }, 'ReconciliationFailed', 'data.address has to be an https URL'],
    [
      { provider: 'generic', address: 'http://a' },
      'ReconciliationFailed',
      'data.address has to be an https URL',
    ],
    [
      { provider: 'generic', address: 'https://a' },
      'ReconciliationFailed',
      'data.serviceAccountName is required, since no --default-kubeconfig-service-account is set',
    ],
    [
      { provider: 'generic', address: 'https://127.0.0.1:1', serviceAccountName: 'none' },
      'ReconciliationFailed',
      'serviceaccounts "none" not found',
    ],
  ])('says what is wrong with %j', async (data, reason, message) => {
    const ns = await fleet();
    await clusterConfig(ns, data);
    await rig.kustomization(ns, 'wrong', configMapRef);
    const object = await rig.untilReason(ns, 'wrong', reason);
    expect(ready(object)?.message).toContain(message);
    expect(condition(object, 'Stalled') !== undefined).toBe(reason !== 'ReconciliationFailed');
  });
});
