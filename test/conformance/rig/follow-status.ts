// Every status that the subject of a row has had, in their order: what is there for a moment only is seen too.
import type { Condition } from '@flotilla/common/kube/condition';
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import { pathOf } from './objects.js';
import { conditionOf, type World } from './world.js';

const followed = new WeakMap<World, KubeObject[]>();

/** Starts to watch; for `given.before`. The watch ends by itself. */
export async function followStatus(world: World, ref: ObjectRef = world.subject): Promise<void> {
  const seen = followed.get(world) ?? [];
  followed.set(world, seen);
  const collection = pathOf({ ...ref, name: '' }).replace(/\/$/, '');
  const { metadata } = await world.kube.call<{ metadata: { resourceVersion: string } }>({ path: collection });
  const query = `watch=1&timeoutSeconds=100&resourceVersion=${metadata.resourceVersion}`;
  const path = `${collection}?${query}&fieldSelector=metadata.name%3D${ref.name}`;
  void (async () => {
    for await (const event of world.kube.lines(path, AbortSignal.timeout(110_000)))
      seen.push((event as { object: KubeObject }).object);
  })().catch(() => undefined);
}

/** Everything that was seen since the row began to watch. */
export function statusesOf(world: World, ref: ObjectRef = world.subject): readonly KubeObject[] {
  return (followed.get(world) ?? []).filter(({ metadata }) => metadata.name === ref.name);
}

type Wanted = Readonly<Record<string, Partial<Condition> | { readonly message: RegExp | string }>>;

/** Fails unless the subject has had all of these conditions at one time. */
export function sawConditions(world: World, wanted: Wanted): void {
  const fits = (object: KubeObject): boolean =>
    Object.entries(wanted).every(([type, fields]) => {
      const found = conditionOf(object, type) as Readonly<Record<string, unknown>> | undefined;
      return Object.entries(fields).every(([field, value]) => {
        const text = String(found?.[field]);
        return value instanceof RegExp ? value.test(text) : text === world.filled(value);
      });
    });
  const all = statusesOf(world);
  if (all.some(fits)) return;
  const told = all.map(({ status }) => (status as { conditions?: Condition[] } | undefined)?.conditions);
  throw new Error(`never seen: ${JSON.stringify(world.filled(wanted))}; seen: ${JSON.stringify(told)}`);
}
