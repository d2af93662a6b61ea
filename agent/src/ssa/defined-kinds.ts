import { groupOf, type KubeObject, type TypeRef } from '@flotilla/common/kube/object';
import type { KubeReader } from '../kube/client.js';
import { NoKindMatchError } from '../kube/errors.js';
import { isBuiltInKind } from './built-in-kinds.js';

const definitions = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
/** Definitions are long. */
const pageSize = 50;

/**
 * Tells a kind that is gone, and all objects with it, from one that is only served in other versions. Asked once, and
 * only when the server does not know a kind.
 */
export class DefinedKinds {
  #defined: Promise<ReadonlySet<string>> | undefined;

  constructor(
    private readonly client: Pick<KubeReader, 'list'>,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * True when the error says that there is no such kind, and nobody defines it. In doubt it is there; so are kinds of
   * Kubernetes itself, which go from version to version.
   */
  async isGone(type: TypeRef, error: unknown): Promise<boolean> {
    if (!(error instanceof NoKindMatchError) || isBuiltInKind(type)) return false;
    try {
      this.#defined ??= this.#read();
      return !(await this.#defined).has(`${groupOf(type.apiVersion)}/${type.kind}`);
    } catch {
      this.signal.throwIfAborted();
      return false;
    }
  }

  async #read(): Promise<ReadonlySet<string>> {
    const { items } = await this.client.list(definitions, {
      pageSize,
      signal: this.signal,
      transform: named,
    });
    return new Set(items.map(({ metadata }) => metadata.name));
  }
}

/** Of a definition only what it defines, as its name. */
function named({ apiVersion, kind, spec }: KubeObject): KubeObject {
  const { group, names } = (spec ?? {}) as { group?: string; names?: { kind?: string } };
  return { apiVersion, kind, metadata: { name: `${group}/${names?.kind}` } };
}
