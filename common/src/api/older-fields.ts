import { z } from 'zod';
import type { KubeObject } from '../kube/object.js';
import { SelectorField } from './fields.js';

/** Begins the description of every field that version v1 of Flux's API dropped; a cluster may lack them. */
export const olderFieldText = 'Of older versions; use';

/** Any JSON value: strategic merge patches have the fields of what they patch. */
const Anything = z.unknown().meta({ 'x-kubernetes-preserve-unknown-fields': true });

const JsonPatchOperation = z.object({
  op: z.enum(['test', 'remove', 'add', 'replace', 'move', 'copy']).describe('What to do.'),
  path: z.string().describe('JSON pointer to the field.'),
  from: z.string().optional().describe('JSON pointer to where move and copy take the value from.'),
  value: Anything.optional().describe('The value.'),
});

const Json6902Patch = z.object({
  patch: z.array(JsonPatchOperation).describe('The operations.'),
  target: SelectorField.describe('Objects to patch.'),
});

const NamespaceSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).optional().describe('Labels of the namespaces.'),
});

/** Fields of Kustomization v1beta1 and v1beta2 that v1 dropped. They are stored, so that old manifests keep them. */
export const olderKustomizationFields = {
  patchesJson6902: z.array(Json6902Patch).optional().describe(`${olderFieldText} patches.`),
  patchesStrategicMerge: z.array(Anything).optional().describe(`${olderFieldText} patches.`),
  validation: z
    .enum(['none', 'client', 'server'])
    .optional()
    .describe(`${olderFieldText} nothing: everything is checked by the API server before it is applied.`),
};

/** Fields of GitRepository v1beta1 and v1beta2 that v1 dropped. */
export const olderGitRepositoryFields = {
  accessFrom: z
    .object({ namespaceSelectors: z.array(NamespaceSelector).describe('Namespaces with access.') })
    .optional()
    .describe(`${olderFieldText} --no-cross-namespace-refs.`),
  gitImplementation: z
    .enum(['go-git', 'libgit2'])
    .optional()
    .describe(`${olderFieldText} nothing: there is one implementation.`),
};

type Patch = { patch: string; target?: z.infer<typeof SelectorField> | undefined };

interface PatchFields {
  patches?: Patch[] | undefined;
  patchesStrategicMerge?: unknown[] | undefined;
  patchesJson6902?: z.infer<typeof Json6902Patch>[] | undefined;
}

/** All patches as `patches`, in the order in which kustomize works on the three fields; undefined when there are none. */
export function allPatches(spec: PatchFields): Patch[] | undefined {
  const merges = (spec.patchesStrategicMerge ?? []).map((patch) => ({ patch: textOf(patch) }));
  const operations = (spec.patchesJson6902 ?? []).map(({ patch, target }) => ({
    patch: JSON.stringify(patch),
    target,
  }));
  if (merges.length + operations.length === 0) return spec.patches;
  return [...merges, ...(spec.patches ?? []), ...operations];
}

function textOf(patch: unknown): string {
  return typeof patch === 'string' ? patch : JSON.stringify(patch);
}

const notices: Readonly<Record<string, string>> = {
  patchesJson6902: 'works as spec.patches; move it there',
  patchesStrategicMerge: 'works as spec.patches; move it there',
  validation: 'has no effect: everything is checked by the API server before it is applied; remove it',
  accessFrom: 'has no effect: access is limited by --no-cross-namespace-refs; remove it',
  gitImplementation: 'has no effect: there is one implementation; remove it',
};

/** What to tell people about the fields of older versions in an object, a sentence for each. */
export function olderFieldNotices({ spec }: KubeObject): string[] {
  return Object.keys((spec ?? {}) as object)
    .filter((field) => field in notices)
    .map((field) => `spec.${field} ${notices[field]}`);
}
