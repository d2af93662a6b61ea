// What the API server shows of all Kustomizations, kept up to date by one watch.
import type { KubeRequester } from '../servers/kube-request.js';
import { fleetNamespace } from './manifests.js';

export interface SeenKustomization {
  readonly name: string;
  readonly isReady: boolean;
  /** Why it is not. */
  readonly message: string;
  readonly revision: string | undefined;
  /** Changes of the object that the watch has told. */
  readonly changes: number;
}

interface Served {
  readonly metadata: { readonly name: string; readonly generation: number; readonly resourceVersion: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly lastAppliedRevision?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message: string;
    }[];
  };
}

const path = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${fleetNamespace}/kustomizations`;

export class KustomizationView {
  readonly #seen = new Map<string, SeenKustomization>();
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #failure: unknown;

  private constructor(readonly kube: KubeRequester) {}

  static async open(kube: KubeRequester): Promise<KustomizationView> {
    const view = new KustomizationView(kube);
    const list = await kube.call<{ metadata: { resourceVersion: string }; items: Served[] }>({ path });
    for (const item of list.items) view.#take(item);
    void view.#follow(list.metadata.resourceVersion);
    return view;
  }

  all(): SeenKustomization[] {
    return [...this.#seen.values()];
  }

  /** Changes of all objects so far. */
  changes(): number {
    return this.all().reduce((sum, { changes }) => sum + changes, 0);
  }

  /** Resolves at the change that makes `is` true. */
  async until(what: string, is: () => boolean, timeoutMs: number): Promise<void> {
    let check = (): void => undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        check = () => {
          if (this.#failure !== undefined) reject(new Error('the watch broke', { cause: this.#failure }));
          else if (is()) resolve();
        };
        this.#waiting.add(check);
        timer = setTimeout(() => reject(new Error(this.#inVain(what, timeoutMs))), timeoutMs);
        check();
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }

  /** Resolves when so many are ready, at one of the revisions if there are any. */
  async untilReady(count: number, timeoutMs: number, revisions: readonly string[] = []): Promise<void> {
    const counts = ({ isReady, revision = '' }: SeenKustomization) =>
      isReady && (revisions.length === 0 || revisions.some((one) => revision.endsWith(one)));
    const is = () => this.#seen.size >= count && this.all().filter(counts).length >= count;
    await this.until(`${count} Kustomizations to be ready`, is, timeoutMs);
  }

  close(): void {
    this.#stop.abort();
  }

  async #follow(from: string): Promise<void> {
    let version = from;
    while (!this.#stop.signal.aborted) {
      try {
        const query = `?watch=true&resourceVersion=${version}`;
        for await (const line of this.kube.lines(path + query, this.#stop.signal)) {
          const { type, object } = line as { type: string; object: Served };
          if (type === 'ERROR') throw new Error(JSON.stringify(object));
          version = object.metadata.resourceVersion;
          if (type === 'DELETED') this.#seen.delete(object.metadata.name);
          else this.#take(object);
          for (const check of this.#waiting) check();
        }
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#failure = error;
        for (const check of this.#waiting) check();
        return;
      }
    }
  }

  #take({ metadata, status }: Served): void {
    const { name } = metadata;
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    this.#seen.set(name, {
      name,
      isReady: ready?.status === 'True' && status?.observedGeneration === metadata.generation,
      message: ready?.message ?? 'no Ready condition yet',
      revision: status?.lastAppliedRevision,
      changes: (this.#seen.get(name)?.changes ?? 0) + 1,
    });
  }

  #inVain(what: string, timeoutMs: number): string {
    const waiting = this.all().filter(({ isReady }) => !isReady);
    const example = waiting[0]
      ? `; ${waiting.length} are not, e.g. ${waiting[0].name}: ${waiting[0].message}`
      : '';
    return `waited ${timeoutMs} ms in vain for ${what}${example}`;
  }
}
