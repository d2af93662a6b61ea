import { defaultKustomizationOptions } from '@flotilla/agent/kustomization/options';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, condition, KustomizationRig, ready } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController();
});
afterAll(async () => rig?.stop());

const revision = 'main@sha1:1';
const prefix = 'Reconciliation failed terminally due to configuration error: ';

async function fleet(): Promise<string> {
  const ns = await rig.namespace();
  await rig.publish(ns, 'fleet', revision, {
    'a/config.yaml': configMap(ns, 'config', { phase: 'Working' }),
    'b/other.yaml': configMap(ns, 'other', { v: '1' }),
  });
  return ns;
}

function phaseExpressions(extra: Record<string, string> = {}): Record<string, unknown> {
  return {
    path: './a',
    wait: true,
    healthCheckExprs: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        current: `data.phase == 'Done'`,
        failed: `data.phase == 'Broken'`,
        inProgress: `data.phase == 'Working'`,
        ...extra,
      },
    ],
  };
}

async function setPhase(ns: string, phase: string): Promise<void> {
  const files = {
    'a/config.yaml': configMap(ns, 'config', { phase }),
    'b/other.yaml': configMap(ns, 'other'),
  };
  await rig.publish(ns, 'fleet', `main@sha1:${phase}`, files);
}

describe('healthCheckExprs (flux-compat 1.8, 3.8)', () => {
  it('decide when an object is healthy', async () => {
    const ns = await fleet();
    await rig.kustomization(ns, 'phases', { ...phaseExpressions(), path: './a', timeout: '30s' });
    await rig.until(ns, 'phases', (object) => condition(object, 'Healthy')?.status === 'Unknown');
    await rig.client.patch(
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'config' },
      { type: 'merge', body: { data: { phase: 'Done' } } },
    );
    const object = await rig.untilReady(ns, 'phases', revision);
    expect(condition(object, 'Healthy')?.reason).toBe('Succeeded');
  });

  it('end the wait early when one says failed', async () => {
    const ns = await fleet();
    await setPhase(ns, 'Broken');
    await rig.kustomization(ns, 'broken', phaseExpressions());
    const object = await rig.untilReason(ns, 'broken', 'HealthCheckFailed');
    expect(ready(object)?.message).toMatch(
      new RegExp(`failed early due to stalled resources: \\[ConfigMap/${ns}/config status: 'Failed'`),
    );
  });

  it('leave other kinds to kstatus', async () => {
    const ns = await fleet();
    const spec = phaseExpressions({ kind: 'Secret', current: 'false' });
    await rig.kustomization(ns, 'kinds', spec);
    await rig.untilReady(ns, 'kinds', revision);
  });

  it('stall when one cannot be read, and go on when it is mended (flux-compat 3.2, 2)', async () => {
    const ns = await fleet();
    await rig.kustomization(ns, 'invalid', phaseExpressions({ current: 'data.' }));
    const object = await rig.untilReason(ns, 'invalid', 'InvalidCELExpression');
    const message = ready(object)?.message ?? '';
    expect(
      message.startsWith(`${prefix}failed to create custom status evaluator for healthchecks[0]: `),
    ).toBe(true);
    expect(condition(object, 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'InvalidCELExpression',
      message,
    });
    expect(object.status?.observedGeneration).toBe(object.metadata.generation);
    expect(rig.eventsOf('invalid')).toMatchObject([
      { severity: 'error', reason: 'InvalidCELExpression', message },
    ]);
    expect(await rig.get('v1', 'ConfigMap', ns, 'config')).toBeUndefined();

    await rig.kustomization(ns, 'invalid', phaseExpressions({ current: 'true', inProgress: 'false' }));
    await rig.untilReady(ns, 'invalid', revision);
  });

  it('name the object and the problem when an evaluation fails', async () => {
    const ns = await fleet();
    await rig.kustomization(ns, 'missing', {
      ...phaseExpressions({ inProgress: 'data.missing == 1' }),
      timeout: '30s',
    });
    const object = await rig.untilReason(ns, 'missing', 'HealthCheckFailed', 60_000);
    expect(ready(object)?.message).toContain(
      `ConfigMap/${ns}/config status: 'Unknown': failed to evaluate the CEL expression 'data.missing == 1': no such key: missing`,
    );
  });
});

describe('dependsOn[].readyExpr (flux-compat 3.2, 6)', () => {
  const second = (readyExpr: string) => ({ path: './b', dependsOn: [{ name: 'first', readyExpr }] });

  it('waits until it is true, and is asked again as soon as the dependency changes', async () => {
    const ns = await fleet();
    await rig.kustomization(ns, 'first', { path: './a' });
    await rig.untilReady(ns, 'first', revision);
    await rig.kustomization(ns, 'second', second(`dep.metadata.?labels.stage.orValue('') == 'open'`));
    const waiting = await rig.untilReason(ns, 'second', 'DependencyNotReady');
    expect(ready(waiting)?.message).toBe(`dependency '${ns}/first' is not ready according to readyExpr eval`);
    expect(rig.eventsOf('second').at(-1)).toMatchObject({
      severity: 'info',
      message: 'Dependencies do not meet ready condition, retrying in 30s',
    });

    await rig.patch(ns, 'first', { metadata: { labels: { stage: 'open' } } });
    await rig.until(ns, 'second', (object) => ready(object)?.status === 'True', 10_000);
  });

  it('replaces the built-in checks, and sees both objects', async () => {
    const ns = await fleet();
    await rig.kustomization(ns, 'first', { path: './missing' });
    await rig.untilReason(ns, 'first', 'ArtifactFailed');
    await rig.kustomization(
      ns,
      'second',
      second(
        `dep.status.conditions.exists(c, c.reason == 'ArtifactFailed') && self.spec.path == './b' && self.metadata.generation >= 1`,
      ),
    );
    await rig.untilReady(ns, 'second', revision);
  });

  it.each([
    ['dep.status', 'CEL expression output type mismatch: expected bool, got dyn'],
    [
      'other == 1',
      `failed to parse the CEL expression 'other == 1': ERROR: <input>:1:1: undeclared reference to 'other'`,
    ],
  ])('stalls when it is %s', async (expression, message) => {
    const ns = await fleet();
    await rig.kustomization(ns, 'first', { path: './a' });
    await rig.kustomization(ns, 'second', second(expression));
    const object = await rig.untilReason(ns, 'second', 'InvalidCELExpression');
    expect(ready(object)?.message).toContain(
      `${prefix}terminal error: failed to evaluate dependency first: ${message}`,
    );
    expect(condition(object, 'Stalled')?.reason).toBe('InvalidCELExpression');
  });

  it('waits when it fails with the objects of now', async () => {
    const ns = await fleet();
    await rig.kustomization(ns, 'first', { path: './a' });
    await rig.untilReady(ns, 'first', revision);
    await rig.kustomization(ns, 'second', second('dep.status.missing == 1'));
    const object = await rig.untilReason(ns, 'second', 'DependencyNotReady');
    expect(ready(object)?.message).toBe(
      `failed to evaluate the CEL expression 'dep.status.missing == 1': no such key: missing`,
    );
  });

  it('is asked besides the built-in checks with the gate AdditiveCELDependencyCheck', async () => {
    const ns = await fleet();
    const gates = { ...defaultKustomizationOptions.gates, AdditiveCELDependencyCheck: true };
    await rig.stopController();
    await rig.startController({ gates });
    await rig.kustomization(ns, 'first', { path: './missing' });
    await rig.untilReason(ns, 'first', 'ArtifactFailed');
    await rig.kustomization(ns, 'second', second('true'));
    const object = await rig.untilReason(ns, 'second', 'DependencyNotReady');
    expect(ready(object)?.message).toBe(`dependency '${ns}/first' is not ready`);
  });
});
