// Every pin that a cluster has ever kept, read from a watch of the agent's ConfigMap.
import { keepWatching } from '../servers/keep-watching.js';
import type { KubeRequester } from '../servers/kube-request.js';
import { fluxNamespace } from './flux-objects.js';

interface ConfigMap {
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

interface Kept {
  readonly pins: ReadonlyArray<{ readonly id: string; readonly revision: string }>;
}

export class PinHistory {
  readonly #ids = new Map<string, Set<string>>();
  readonly #stop = new AbortController();

  constructor(kube: KubeRequester) {
    const path = `/api/v1/namespaces/${fluxNamespace}/configmaps`;
    void keepWatching<ConfigMap>(kube, path, this.#stop.signal, async (object) => this.#take(object));
  }

  /** Ids of the pins to the revision, in the order of their coming. */
  idsOf(revision: string): readonly string[] {
    return [...(this.#ids.get(revision) ?? [])];
  }

  stop(): void {
    this.#stop.abort();
  }

  #take({ metadata, data }: ConfigMap): void {
    const text = data?.['standing.json'];
    if (metadata.name !== 'flotilla-agent-standing' || text === undefined) return;
    for (const { id, revision } of (JSON.parse(text) as Kept).pins) {
      const ids = this.#ids.get(revision) ?? new Set();
      this.#ids.set(revision, ids.add(id));
    }
  }
}
