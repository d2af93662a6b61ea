import { randomBytes } from 'node:crypto';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '../../kube/client.js';
import type { Run } from '../../kustomization/run.js';
import { planBuild, render, type Rendered } from '../../kustomization/steps/render.js';
import { SecretFields } from './secret-fields.js';

/** What shall be in the cluster, and which fields of it came from Secrets. */
export interface RenderedWithSecrets {
  readonly rendered: Rendered;
  readonly secrets: SecretFields;
}

/** Renders a Kustomization, and where Secrets take part once more without them. @throws StepFailure */
export async function renderWithSecrets(run: Run, root: string): Promise<RenderedWithSecrets> {
  const plan = await planBuild(run, root, '');
  const rendered = await render(run, plan);
  if (!usesSecrets(run)) return { rendered, secrets: SecretFields.none };
  try {
    const blind = await render(withoutSecrets(run), plan);
    return { rendered, secrets: SecretFields.between(rendered.objects, blind.objects) };
  } catch {
    run.signal.throwIfAborted();
    return { rendered, secrets: SecretFields.everything };
  }
}

/** Whether values of Secrets, or decrypted ones, get into the manifests. */
export function usesSecrets({ object }: Run): boolean {
  const { decryption, postBuild } = object.spec;
  return decryption !== undefined || (postBuild?.substituteFrom ?? []).some(({ kind }) => kind === 'Secret');
}

/** The same run with other values in the Secrets, and without the keys. */
function withoutSecrets(run: Run): Run {
  const { decryption: _, ...spec } = run.object.spec;
  const { caches, client } = run.deps;
  const { Secret: _secrets, ...configs } = caches.configs ?? {};
  const reader: Pick<KubeClient, 'get'> = {
    get: async (ref, options) => {
      const found = await client.get(ref, options);
      return found?.kind === 'Secret' ? withOtherValues(found) : found;
    },
  };
  const deps = { ...run.deps, client: reader as KubeClient, caches: { ...caches, configs } };
  return { ...run, deps, object: { ...run.object, spec } };
}

function withOtherValues(secret: KubeObject): KubeObject {
  const other = (): string => Buffer.from(`x${randomBytes(12).toString('hex')}`).toString('base64');
  const keys = Object.keys((secret['data'] ?? {}) as Record<string, string>);
  return { ...secret, data: Object.fromEntries(keys.map((key) => [key, other()])) };
}
