import type { OwnedObjectWatch } from '@flotilla/agent/ssa/drift/owned-object-watch';
import { waitFor } from '../servers/wait-for.js';
import { configMap, deployment, group, ref, type EngineRig } from './engine-rig.js';

export interface Watching {
  rig: EngineRig;
  watch: OwnedObjectWatch;
  ns: string;
  /** `owner Kind/namespace/name` of every suspicion; the probe's own are taken out again. */
  suspects: string[];
}

/**
 * Waits until the watch of a kind has told of a change made after everything before, so that silence means something.
 */
export async function watchTold(
  { rig, watch, ns, suspects }: Watching,
  kind: 'ConfigMap' | 'Deployment',
): Promise<void> {
  const probe = kind === 'ConfigMap' ? configMap(ns, 'probe', {}) : deployment(ns, 'probe');
  probe.metadata.labels = { [`${group}/name`]: 'probe' };
  probe.metadata.annotations = { at: String(performance.now()) };
  const { metadata } = await rig.client.apply(probe, { fieldManager: 'test', force: true });
  const version = { uid: metadata.uid!, resourceVersion: '1', texts: '' };
  const probing = { namespace: 'x', name: 'probe' };
  watch.expect(probing, [{ ref: ref(probe.apiVersion, kind, ns, 'probe'), key: `${ns}/probe`, version }]);
  const own = (suspect: string) => suspect.startsWith('probe ');
  await waitFor(`the watch of ${kind} to tell of the probe`, () => suspects.some(own), { intervalMs: 5 });
  watch.forget(probing);
  for (let at = suspects.findIndex(own); at >= 0; at = suspects.findIndex(own)) suspects.splice(at, 1);
}
