import { groupOf, refOf, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import type { KubeClient } from '../kube/client.js';
import { KubeApiError, NoKindMatchError } from '../kube/errors.js';
import { systemClock } from '../runtime/clock.js';
import type { ApplyContext } from './apply-context.js';
import type { FieldDrift } from './changeset.js';
import { mapConcurrently } from './concurrency.js';
import { isToGo } from './delete-all.js';
import { DefinedKinds } from './defined-kinds.js';
import { desiredDigest } from './desired-digest.js';
import type { ApplyOptions, DeleteOptions, Owner } from './engine.js';
import { DryRunError } from './errors.js';
import { ignoredPointers } from './ignore/ignore-rules.js';
import { withoutIgnored } from './ignore/keep-ignored.js';
import { judgeObject } from './plan-object.js';
import { prepare } from './prepare.js';
import { kstatusReader } from './read-status.js';
import { splitIntoStages } from './stages.js';

/** What an apply would do to one object. */
export type PreviewedObject =
  | { action: 'unchanged' | 'skipped'; ref: ObjectRef }
  | { action: 'created'; ref: ObjectRef; after: KubeObject; result?: KubeObject }
  | { action: 'recreated'; ref: ObjectRef; before: KubeObject; after: KubeObject }
  | {
      action: 'configured';
      ref: ObjectRef;
      before: KubeObject;
      after: KubeObject;
      /** Managers whose fields would be taken over; those of their fields that are not declared would go, too. */
      takenOverFrom: readonly NonNullable<FieldDrift['manager']>[];
    }
  | { action: 'failed'; ref: ObjectRef; error: unknown };

/** What does not exist yet and would by the time of the apply. */
export interface Expected {
  /** Names of namespaces. */
  namespaces: ReadonlySet<string>;
  /** `group/Kind` of custom resources. */
  kinds: ReadonlySet<string>;
}

export interface PreviewOptions extends ApplyOptions {
  expected: Expected;
}

type Client = Pick<KubeClient, 'get' | 'list' | 'apply' | 'patch' | 'delete' | 'discovery'>;

/**
 * Asks the server what an apply of these objects would do, in the order in which they would be applied, and changes
 * nothing. Unlike an apply it goes on after an object that the server refuses.
 * @throws Error for objects that are refused before the server is asked
 */
export async function previewApply(
  client: Client,
  objects: readonly KubeObject[],
  options: PreviewOptions,
): Promise<PreviewedObject[]> {
  const clock = systemClock;
  const context: ApplyContext = { client, clock, readStatus: kstatusReader(client, clock), options };
  const stages = splitIntoStages(prepare(objects, options), options.customStageKinds);
  const ordered = stages.flatMap((stage) => stage.objects);
  return await mapConcurrently(ordered, options.concurrency, (object) => preview(context, object, options));
}

async function preview(
  context: ApplyContext,
  object: KubeObject,
  options: PreviewOptions,
): Promise<PreviewedObject> {
  const ref = refOf(object);
  try {
    const plan = await judgeObject(context, object, desiredDigest(object, options));
    switch (plan.action) {
      case 'created':
        return { action: 'created', ref, after: plan.object, result: plan.result };
      case 'recreated':
        return { action: 'recreated', ref, before: plan.live, after: plan.object };
      case 'configured':
        return {
          action: 'configured',
          ref,
          before: withoutIgnored(plan.live, ignoredPointers(options.ignore, object)),
          after: plan.result,
          takenOverFrom: plan.takeOver ? managersOf(plan.live, options.owner) : [],
        };
      case 'skipped':
        return { action: 'skipped', ref };
      default:
        return { action: 'unchanged', ref };
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (isExpectedLater(error, ref, options.expected)) return { action: 'created', ref, after: object };
    return { action: 'failed', ref, error };
  }
}

function managersOf({ metadata }: KubeObject, { fieldManager }: Owner): string[] {
  const managers = (metadata.managedFields ?? [])
    .filter(({ manager, subresource }) => !subresource && manager !== fieldManager)
    .map(({ manager = '' }) => manager);
  return [...new Set(managers)].sort();
}

/** The server cannot judge what lives in a namespace, or is of a kind, that the same revision brings. */
function isExpectedLater(error: unknown, ref: ObjectRef, { namespaces, kinds }: Expected): boolean {
  const cause = error instanceof DryRunError ? error.cause : error;
  if (cause instanceof NoKindMatchError) return kinds.has(kindKey(ref.apiVersion, ref.kind));
  return cause instanceof KubeApiError && cause.code === 404 && namespaces.has(ref.namespace ?? '');
}

/** How a kind is named in `Expected`. */
export function kindKey(apiVersion: string, kind: string): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

/** Those of the objects that a prune would delete: they are there, and still belong to the owner (flux-compat 3.7). */
export async function previewDelete(
  client: Pick<KubeClient, 'get' | 'list'>,
  refs: readonly ObjectRef[],
  { concurrency, signal, ...options }: DeleteOptions & Pick<ApplyOptions, 'concurrency'>,
): Promise<ObjectRef[]> {
  const kinds = new DefinedKinds(client, signal);
  const found = await mapConcurrently(refs, concurrency, async (ref) => {
    const live = await client.get(ref, { metadataOnly: true, signal }).catch(async (error: unknown) => {
      if (await kinds.isGone(ref, error)) return undefined;
      throw error;
    });
    return live && isToGo(live, options) ? [ref] : [];
  });
  return found.flat();
}
