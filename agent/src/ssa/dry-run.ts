import { type KubeObject } from '@flotilla/common/kube/object';
import { KubeApiError } from '../kube/errors.js';
import type { ApplyContext } from './apply-context.js';
import { migrateApiVersion } from './migrate-api-version.js';
import { withoutUnknownFields } from './unknown-fields.js';

export interface DryRunOutcome {
  /** The object as the server accepts it: without fields of built-in kinds that it does not know. */
  object: KubeObject;
  /** What the object would be after the apply. */
  result: KubeObject;
}

const maxAttempts = 50;

/** Asks the server for the result of an apply. @throws KubeApiError, NoKindMatchError */
export async function dryRun(context: ApplyContext, object: KubeObject): Promise<DryRunOutcome> {
  const { client, options } = context;
  await requireNamespace(context, object);
  if (options.migratesApiVersion) await migrateApiVersion(context, object);
  const apply = (given: KubeObject): Promise<KubeObject> =>
    client.apply(given, {
      fieldManager: options.owner.fieldManager,
      force: true,
      dryRun: true,
      signal: options.signal,
    });
  let accepted = object;
  for (let attempt = 1; ; attempt++) {
    try {
      return { object: accepted, result: await apply(accepted) };
    } catch (error) {
      // The server stops at the first level that has such a field, so it may take several answers to name them all.
      const known = error instanceof KubeApiError ? withoutUnknownFields(accepted, error.message) : undefined;
      if (!known || attempt === maxAttempts) throw error;
      accepted = known;
    }
  }
}

/** There is no default namespace; the server's own answer to such a request is kept as the text (flux-compat 3.6, 4). */
async function requireNamespace({ client, options }: ApplyContext, object: KubeObject): Promise<void> {
  if (object.metadata.namespace) return;
  const { namespaced } = await client.discovery.resource(object, { signal: options.signal });
  if (!namespaced) return;
  const message = 'the server could not find the requested resource';
  throw new KubeApiError({ code: 404, reason: 'NotFound', message });
}
