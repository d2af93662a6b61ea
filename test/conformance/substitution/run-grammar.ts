// All texts of the grammar go through one Kustomization; each row looks at its own.
import { expect } from 'vitest';
import { configMap } from '../rig/manifests.js';
import type { ConformanceRig } from '../rig/conformance-agent.js';
import { World } from '../rig/world.js';
import { type GrammarRow, grammarRows, moreVariables, variables } from './grammar.rows.js';

export type Texts = Readonly<Record<string, string>>;

/** Builds once; gives the substituted texts by key. */
export async function substituteAll(rig: ConformanceRig): Promise<Texts> {
  const world = await World.create(rig, {});
  const data = Object.fromEntries(grammarRows.map(({ text }, index) => [`row-${index}`, text]));
  await world.writeFiles({ 'all.yaml': configMap('all', data) });
  await world.kube.call({
    method: 'POST',
    path: `/api/v1/namespaces/${world.namespace}/configmaps`,
    body: { metadata: { name: 'more' }, data: moreVariables },
  });
  await world.applySource();
  await world.settled(world.source);
  const substituteFrom = [{ kind: 'ConfigMap', name: 'more' }];
  await world.applyKustomization('apps', { postBuild: { substituteFrom, substitute: variables } });
  await world.settled();
  const found = await world.read('v1/ConfigMap/all');
  if (!found) throw new Error(JSON.stringify((await world.read(world.subject))?.status));
  return (found as unknown as { data: Texts }).data;
}

export async function checkGrammar(row: GrammarRow, texts: Promise<Texts>): Promise<void> {
  expect((await texts)[`row-${grammarRows.indexOf(row)}`]).toBe(row.result);
}
