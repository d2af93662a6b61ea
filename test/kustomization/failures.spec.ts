import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { condition, configMap, KustomizationRig, ready, type Files } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController({ requeueDependencyMs: 500, noCrossNamespaceRefs: true });
});
afterAll(async () => rig?.stop());

const errorsOf = (name: string) => rig.eventsOf(name).filter(({ severity }) => severity === 'error');

describe('what is wrong with the source or the build is in the Ready condition', () => {
  interface Row {
    title: string;
    files?: Files;
    spec?: Record<string, unknown>;
    reason: string;
    message: RegExp;
    /** Events of severity error; default one. */
    errors?: number;
  }
  const rows: Row[] = [
    {
      title: 'a source that is not there',
      spec: { sourceRef: { kind: 'GitRepository', name: 'gone' } },
      reason: 'ArtifactFailed',
      message: /^gitrepositories\.source\.toolkit\.fluxcd\.io "gone" not found$/,
      errors: 0,
    },
    {
      title: 'broken YAML',
      files: { 'a.yaml': 'a: [' },
      reason: 'BuildFailed',
      message: /^failed to decode Kubernetes YAML from a\.yaml: document 1, line/,
    },
    {
      title: 'a document that is no object',
      files: { 'a.yaml': 'replicas: 1' },
      reason: 'BuildFailed',
      message: /^failed to decode Kubernetes YAML from a\.yaml: document 1: missing kind/,
    },
    {
      title: 'a missing path',
      spec: { path: './apps' },
      reason: 'ArtifactFailed',
      message: /^kustomization path not found: stat \.\/apps: no such file or directory/,
    },
    {
      title: 'a file outside the artifact',
      files: { 'kustomization.yaml': 'resources: [../../secret.yaml]' },
      reason: 'BuildFailed',
      message:
        /^kustomize build failed: kustomization\.yaml: resources\[0\] "\.\.\/\.\.\/secret\.yaml" is outside the artifact/,
    },
    {
      title: 'a required variable without a value',
      files: { 'a.yaml': configMap('x', 'a', { v: '${needed}' }) },
      spec: { postBuild: { substitute: { other: '1' } } },
      reason: 'BuildFailed',
      message:
        /^post build failed for 'ConfigMap\.v1\.\[noGrp\]\/a': envsubst error: variable substitution failed: variable not set \(strict mode\): "needed"$/,
    },
    {
      title: 'a required ConfigMap that is missing',
      spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } },
      reason: 'BuildFailed',
      message:
        /^post build failed for 'ConfigMap\.v1\.\[noGrp\]\/a': substitute from 'ConfigMap\/vars' error: configmaps "vars" not found$/,
    },
    {
      title: 'a variable name that is not allowed',
      spec: { postBuild: { substitute: { 'a-b': '1' } } },
      reason: 'BuildFailed',
      message:
        /^post build failed for 'ConfigMap\.v1\.\[noGrp\]\/a': envsubst error: 'a-b' var name is invalid, must match '\^\[_\[:alpha:\]\]/,
    },
    {
      title: 'a component that is not local',
      spec: { components: ['https://example.com/x'] },
      reason: 'BuildFailed',
      message: /^component path 'https:\/\/example\.com\/x' must be local and relative$/,
    },
    {
      title: 'an unknown kind',
      files: {
        'a.yaml':
          '{"apiVersion":"example.com/v1","kind":"Unknown","metadata":{"namespace":"default","name":"a"}}',
      },
      reason: 'ReconciliationFailed',
      message:
        /^Unknown\/default\/a dry-run failed: no matches for kind "Unknown" in version "example\.com\/v1"/,
    },
    {
      title: 'an object without a namespace',
      files: { 'a.yaml': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}' },
      reason: 'ReconciliationFailed',
      message: /^ConfigMap\/a namespace not specified: /,
    },
    {
      title: 'a Secret that is still encrypted',
      files: {
        'a.yaml':
          '{"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"default","name":"a"},"sops":{}}',
      },
      reason: 'ReconciliationFailed',
      message: /^Secret\/default\/a is SOPS encrypted, configuring decryption is required/,
    },
  ];

  it.each(rows)('$title', async ({ files, spec, reason, message, errors = 1 }) => {
    const ns = await rig.namespace();
    const name = `fails-${ns}`;
    await rig.publish(ns, 'fleet', 'main@sha1:1', files ?? { 'a.yaml': configMap(ns, 'a') });
    await rig.kustomization(ns, name, spec);

    const object = await rig.untilReason(ns, name, reason);

    expect(ready(object)).toMatchObject({
      status: 'False',
      message: expect.stringMatching(message) as string,
    });
    expect(object.status?.observedGeneration ?? -1).toBe(-1);
    expect(condition(object, 'Stalled')).toBeUndefined();
    expect(errorsOf(name).map((event) => [event.reason, event.message])).toEqual(
      Array.from({ length: errors }, () => [reason, ready(object)?.message]),
    );
  });

  it('is put right by a commit, while others go on', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', { 'bad/a.yaml': '- x', 'good/b.yaml': configMap(ns, 'b') });
    await rig.kustomization(ns, 'bad', { path: 'bad' });
    await rig.kustomization(ns, 'good', { path: 'good' });
    const failed = await rig.untilReason(ns, 'bad', 'BuildFailed');
    expect(condition(failed, 'Reconciling')).toMatchObject({
      status: 'True',
      reason: 'ProgressingWithRetry',
    });
    await rig.untilReady(ns, 'good', 'main@sha1:1');

    await rig.publish(ns, 'fleet', 'main@sha1:2', {
      'bad/a.yaml': configMap(ns, 'a'),
      'good/b.yaml': configMap(ns, 'b'),
    });

    await rig.untilReady(ns, 'bad', 'main@sha1:2');
  });

  it('keeps the old inventory and what earlier stages did when an apply fails', async () => {
    const ns = await rig.namespace();
    const before = { 'a.yaml': configMap(ns, 'a') };
    await rig.publish(ns, 'fleet', 'main@sha1:1', before);
    await rig.kustomization(ns, 'partial');
    await rig.untilReady(ns, 'partial', 'main@sha1:1');
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `role-${ns}` },
      rules: [],
    };
    await rig.publish(ns, 'fleet', 'main@sha1:2', {
      'role.yaml': JSON.stringify(role),
      'bad.yaml': configMap('no-such-namespace', 'x'),
    });

    const object = await rig.untilReason(ns, 'partial', 'ReconciliationFailed');
    expect(ready(object)?.message).toMatch(
      /^ConfigMap\/no-such-namespace\/x not found: .+\nClusterRole\/role-.+ created\n$/s,
    );
    expect(object.status?.inventory?.entries).toEqual([{ id: `${ns}_a__ConfigMap`, v: 'v1' }]);
    expect(object.status?.lastAppliedRevision).toBe('main@sha1:1');
    expect(object.status?.lastAttemptedRevision).toBe('main@sha1:2');
    expect(object.status?.history?.[0]).toMatchObject({ lastReconciledStatus: 'ReconciliationFailed' });
    expect(await rig.get('v1', 'ConfigMap', ns, 'a')).toBeDefined();

    await rig.publish(ns, 'fleet', 'main@sha1:3', before);
    await rig.untilReady(ns, 'partial', 'main@sha1:3');
    const gone = await rig.client.get({
      apiVersion: role.apiVersion,
      kind: role.kind,
      name: role.metadata.name,
    });
    expect(gone, 'an object that no inventory ever named').toBeUndefined();
  });
});

describe('what only a change of the object can mend stalls it', () => {
  const rows: Array<[title: string, spec: Record<string, unknown>, reason: string, message: string]> = [
    [
      'a source of another namespace',
      { sourceRef: { kind: 'GitRepository', name: 'x', namespace: 'other' } },
      'AccessDenied',
      "can't access 'GitRepository/other/x', cross-namespace references have been blocked",
    ],
    [
      'an ExternalArtifact',
      { sourceRef: { kind: 'ExternalArtifact', name: 'x' } },
      'AccessDenied',
      'ExternalArtifact feature gate is disabled',
    ],
    [
      'workload identity for decryption',
      { decryption: { provider: 'sops', serviceAccountName: 'keys' } },
      'FeatureGateDisabled',
      'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate',
    ],
    [
      'healthCheckExprs that cannot be read',
      { healthCheckExprs: [{ apiVersion: 'v1', current: 'a.' }] },
      'InvalidCELExpression',
      'failed to create custom status evaluator for healthchecks[0]',
    ],
  ];
  it.each(rows)('%s', async (_title, spec, reason, message) => {
    const ns = await rig.namespace();
    const name = `stalled-${ns}`;
    await rig.kustomization(ns, name, spec);

    const object = await rig.untilReason(ns, name, reason);

    expect(ready(object)?.message).toContain(message);
    expect(condition(object, 'Stalled')).toMatchObject({ status: 'True', reason });
    expect(condition(object, 'Reconciling')).toBeUndefined();
    expect(object.status?.observedGeneration).toBe(object.metadata.generation);
    expect(errorsOf(name)).toHaveLength(1);
  });

  it('until it is changed', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', { 'a.yaml': configMap(ns, 'a') });
    await rig.kustomization(ns, 'mended', {
      healthCheckExprs: [{ apiVersion: 'v1', current: 'a.' }],
    });
    await rig.untilReason(ns, 'mended', 'InvalidCELExpression');
    await rig.patch(ns, 'mended', { spec: { healthCheckExprs: null } });

    const object = await rig.untilReady(ns, 'mended', 'main@sha1:1');
    expect(object.status?.conditions?.map(({ type }) => type)).toEqual(['Ready']);
  });
});

describe('dependencies', () => {
  it('are waited for, by readiness and by revision', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', {
      'base/a.yaml': '- broken',
      'app/b.yaml': configMap(ns, 'b'),
    });
    await rig.kustomization(ns, 'app', { path: 'app', dependsOn: [{ name: 'base' }] });

    const absent = await rig.untilReason(ns, 'app', 'DependencyNotReady');
    expect(ready(absent)?.message).toBe(
      `dependency '${ns}/base' not found: kustomizations.kustomize.toolkit.fluxcd.io "base" not found`,
    );
    expect(rig.eventsOf('app')[0]).toMatchObject({
      severity: 'info',
      reason: 'DependencyNotReady',
      message: 'Dependencies do not meet ready condition, retrying in 500ms',
      metadata: { revision: 'main@sha1:1' },
    });
    await rig.kustomization(ns, 'base', { path: 'base' });
    await rig.until(ns, 'app', (object) => ready(object)?.message === `dependency '${ns}/base' is not ready`);
    expect(await rig.get('v1', 'ConfigMap', ns, 'b')).toBeUndefined();

    await rig.publish(ns, 'fleet', 'main@sha1:2', {
      'base/a.yaml': configMap(ns, 'a'),
      'app/b.yaml': configMap(ns, 'b'),
    });

    await rig.untilReady(ns, 'app', 'main@sha1:2');
    expect((await rig.read(ns, 'base'))?.status?.lastAppliedRevision).toBe('main@sha1:2');
  });
});

describe('impersonation', () => {
  it('applies with the rights of the ServiceAccount alone', async () => {
    const ns = await rig.namespace();
    await rig.client.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: ns, name: 'tenant' },
    });
    await rig.publish(ns, 'fleet', 'main@sha1:1', { 'a.yaml': configMap(ns, 'a') });
    await rig.kustomization(ns, 'tenant', { serviceAccountName: 'tenant', retryInterval: '1s' });

    const denied = await rig.untilReason(ns, 'tenant', 'ReconciliationFailed');
    expect(ready(denied)?.message).toMatch(
      new RegExp(
        `^ConfigMap/${ns}/a dry-run failed \\(Forbidden\\): .*User "system:serviceaccount:${ns}:tenant" cannot patch`,
      ),
    );

    await rig.client.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { namespace: ns, name: 'tenant' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', namespace: ns, name: 'tenant' }],
    });
    await rig.untilReady(ns, 'tenant', 'main@sha1:1');
  });
});

describe('force', () => {
  const service = (ns: string, clusterIP: string) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: ns, name: 's' },
      spec: { clusterIP, ports: [{ port: 80 }] },
    });

  it('recreates an object whose fields cannot change, only when asked', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', { 'a.yaml': service(ns, 'None') });
    await rig.kustomization(ns, 'forced');
    await rig.untilReady(ns, 'forced', 'main@sha1:1');
    const before = await rig.get('v1', 'Service', ns, 's');

    await rig.publish(ns, 'fleet', 'main@sha1:2', { 'a.yaml': service(ns, '10.0.0.77') });
    const refused = await rig.untilReason(ns, 'forced', 'ReconciliationFailed');
    expect(ready(refused)?.message).toMatch(new RegExp(`^Service/${ns}/s dry-run failed \\(Invalid\\): `));

    await rig.patch(ns, 'forced', { spec: { force: true } });
    await rig.untilReady(ns, 'forced', 'main@sha1:2');
    expect((await rig.get('v1', 'Service', ns, 's'))?.metadata.uid).not.toBe(before?.metadata.uid);
  });
});
