import type { KubeObject, TypeRef } from '@flotilla/common/kube/object';
import { NoKindMatchError } from '../kube/errors.js';
import type { ApplyContext } from './apply-context.js';
import { pollUntil, withTimeout } from './poll.js';

/** The server tells of a new kind a moment after it calls the definition Established. */
const servedTimeoutMs = 10_000;
const servedPollMs = 1_000;

/** Waits until discovery knows all versions of the given CRDs. Gives up quietly: the dry-run then says what is missing. */
export async function waitUntilServed(context: ApplyContext, crds: readonly KubeObject[]): Promise<void> {
  const { client, clock, options } = context;
  const missing = new Set(crds.flatMap(servedTypes));
  if (missing.size === 0) return;
  const deadline = withTimeout(clock, servedTimeoutMs, options.signal);
  try {
    await pollUntil(
      async () => {
        client.discovery.invalidate();
        for (const type of missing) if (await isServed(context, type, deadline.signal)) missing.delete(type);
        return missing.size === 0;
      },
      { clock, maxDelayMs: servedPollMs, signal: deadline.signal },
    );
  } catch (error) {
    if (!deadline.expired()) throw error;
  } finally {
    deadline.cancel();
  }
}

async function isServed({ client }: ApplyContext, type: TypeRef, signal: AbortSignal): Promise<boolean> {
  try {
    await client.discovery.resource(type, { signal });
    return true;
  } catch (error) {
    if (error instanceof NoKindMatchError) return false;
    throw error;
  }
}

/** The served versions of a CRD, of v1 and of v1beta1 with its single `version`. */
function servedTypes(crd: KubeObject): TypeRef[] {
  const spec = (crd.spec ?? {}) as {
    group?: string;
    version?: string;
    names?: { kind?: string };
    versions?: Array<{ name: string; served?: boolean }>;
  };
  const versions = spec.versions?.filter(({ served }) => served !== false).map(({ name }) => name);
  const kind = spec.names?.kind ?? '';
  return (versions ?? (spec.version ? [spec.version] : [])).map((version) => ({
    apiVersion: `${spec.group}/${version}`,
    kind,
  }));
}
