import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import { fieldAt, textAt } from '@flotilla/common/kstatus/fields';

/** A kind that the commands know, with the words of Flux's grammar (flux-compat 9.2). */
export interface FluxKind {
  readonly kind: string;
  readonly apiVersion: string;
  /** A source stands below the word `source`: `reconcile source git`. */
  readonly group: 'source' | 'applier';
  /** The word for it. */
  readonly word: string;
  readonly pluralWord: string;
  readonly aliases: readonly string[];
  /** What `suspend` and `resume` call it. */
  readonly humanKind: string;
  /** What has been done when it is reconciled; the revision follows. */
  readonly outcome: string;
  /** The revision that it holds or has applied. */
  readonly revisionOf: (object: KubeObject) => string;
  /** The source that it is made from; absent for sources. */
  readonly sourceOf?: (object: KubeObject) => ObjectRef | undefined;
}

export const gitRepositoryKind: FluxKind = {
  kind: 'GitRepository',
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  group: 'source',
  word: 'git',
  pluralWord: 'git',
  aliases: ['gitrepository', 'gitrepositories', 'GitRepository'],
  humanKind: 'source git',
  outcome: 'fetched revision',
  revisionOf: (object) => textAt(object, 'status', 'artifact', 'revision') ?? '',
};

export const kustomizationKind: FluxKind = {
  kind: 'Kustomization',
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  group: 'applier',
  word: 'kustomization',
  pluralWord: 'kustomizations',
  aliases: ['ks', 'Kustomization'],
  humanKind: 'kustomization',
  outcome: 'applied revision',
  revisionOf: (object) => textAt(object, 'status', 'lastAppliedRevision') ?? '',
  sourceOf: (object) => {
    const ref = fieldAt(object, 'spec', 'sourceRef');
    const kind = textAt(ref, 'kind');
    const name = textAt(ref, 'name');
    if (!kind || !name) return undefined;
    const known = fluxKinds.find((candidate) => candidate.kind === kind)?.apiVersion;
    return {
      apiVersion: textAt(ref, 'apiVersion') || known || 'source.toolkit.fluxcd.io/v1',
      kind,
      namespace: textAt(ref, 'namespace') || object.metadata.namespace || '',
      name,
    };
  },
};

/** In the order in which `get all` shows them. */
export const fluxKinds: readonly FluxKind[] = [gitRepositoryKind, kustomizationKind];

/** The kind that a person means by `ks`, `git`, `GitRepository` …; any other word is taken for a kind itself. */
export function kindNamed(word: string): string {
  const wanted = word.toLowerCase();
  const found = fluxKinds.find(({ kind, word: own, pluralWord, aliases }) =>
    [kind, own, pluralWord, ...aliases].some((name) => name.toLowerCase() === wanted),
  );
  return found?.kind ?? word;
}
