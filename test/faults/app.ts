// One application of the fault tests: its repository, and what may and what must be in the cluster because of it.
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { configMap, type FluxObject, kustomization, manifest, type Observed } from '../e2e/flux-objects.js';
import type { ManagedCluster } from '../e2e/managed-cluster.js';
import type { GitRepository } from '../servers/git-repository.js';
import { waitFor, type WaitOptions } from '../servers/wait-for.js';
import type { ContentHistory } from './content-history.js';
import { itemName, type Items } from './items.js';

export interface AppOptions {
  /** Fields of the GitRepository. */
  readonly source?: Readonly<Record<string, unknown>>;
  /** Fields of the Kustomization. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Labels of every item. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Address of the repository, for one behind a gate. */
  readonly url?: string;
}

/** What a person writes into an item: not from Git, and not to be kept. */
const byHand = 'by hand';

interface Declared {
  readonly versions: Readonly<Record<string, string>>;
  readonly since: number;
}

export class App {
  /** What Git declared, one after the other. */
  readonly #declared: Declared[] = [{ versions: {}, since: 0 }];
  /** When the agent had done all that Git declared: what was declared earlier must not come again. */
  readonly #settled: Array<{ readonly at: number; readonly index: number }> = [{ at: 0, index: 0 }];
  readonly #deletedByHand: string[] = [];
  /** From when on nothing has to be in the cluster, because the Kustomization is deleted. */
  #removedAt = Infinity;

  constructor(
    readonly cluster: ManagedCluster,
    readonly history: ContentHistory,
    readonly repository: GitRepository & { readonly url: string },
    readonly name: string,
    readonly options: AppOptions,
  ) {}

  get url(): string {
    return this.options.url ?? this.repository.url;
  }

  item(item: number, version?: string): FluxObject {
    const object = configMap(this.name, itemName(item), version === undefined ? {} : { version });
    return this.options.labels
      ? { ...object, metadata: { ...object.metadata, labels: this.options.labels } as FluxObject['metadata'] }
      : object;
  }

  /** Makes the repository declare exactly these items. */
  commit(items: Items): Promise<string> {
    return this.repository.commit(this.#files(items));
  }

  /** Replaces the history after `revision` by a commit that declares exactly these items. */
  rewrite(revision: string, items: Items): Promise<string> {
    return this.repository.forcePush(revision, this.#files(items));
  }

  #files(items: Items): Record<string, string | null> {
    const gone = Object.keys(this.#declared.at(-1)!.versions).map((name) => [`${name}.yaml`, null] as const);
    const files = Object.entries(items).map(
      ([item, version]) => [`${itemName(item)}.yaml`, manifest(this.item(Number(item), version))] as const,
    );
    this.#declared.push({ versions: versionsOf(items), since: performance.now() });
    return Object.fromEntries([...gone, ...files]);
  }

  /** Changes an item as a person does with kubectl. */
  editByHand(item: number): Promise<void> {
    return this.cluster.patch(this.item(item), { data: { version: byHand } });
  }

  /** Deletes an item as a person does with kubectl. */
  async deleteByHand(item: number): Promise<void> {
    this.#deletedByHand.push(itemName(item));
    await this.cluster.remove(this.item(item));
  }

  /** Waits until the cluster holds exactly these items. */
  async comesToHold(items: Items, options: WaitOptions = {}): Promise<void> {
    const wanted = this.contentOf(items);
    await waitFor(
      `the content of ${this.name}`,
      async () => isDeepStrictEqual(await this.cluster.configMaps(this.name), wanted),
      options,
    );
  }

  /** How many items Git's version has been written to, as etcd knows. */
  async written(version: string): Promise<number> {
    const states = await this.history.statesOf(this.name);
    return new Set(states.filter(({ data }) => data?.['version'] === version).map(({ name }) => name)).size;
  }

  /** How many deletions there were. */
  async deleted(): Promise<number> {
    return (await this.history.statesOf(this.name)).filter(({ data }) => data === undefined).length;
  }

  /** Deletes the Kustomization: from now on everything may go. */
  async remove(): Promise<void> {
    this.#removedAt = performance.now();
    await this.cluster.remove(kustomization(this.name));
  }

  /** Waits until the Kustomization is ready on a commit. */
  async reaches(commit: string, options: WaitOptions = {}): Promise<Observed> {
    const index = this.#declared.length - 1;
    const seen = await this.cluster.reaches(this.name, commit, options);
    await this.history.statesOf(this.name);
    this.#settled.push({ at: performance.now(), index });
    return seen;
  }

  /** What is in the cluster is what Git declares, the inventory names it all, and nothing else was ever there. */
  async holdsExactly(items: Items, commit: string, options: WaitOptions = {}): Promise<void> {
    const seen = await this.reaches(commit, options);
    expect(await this.cluster.configMaps(this.name)).toEqual(this.contentOf(items));
    expect(inventoryOf(seen)).toEqual(this.idsOf(items));
    await this.neverStrayed();
  }

  /** The deleted Kustomization has gone, and so has all that it managed. */
  async isGone(): Promise<void> {
    const object = kustomization(this.name);
    await waitFor(`the end of ${this.name}`, async () => !(await this.cluster.read(object)));
    expect(await this.cluster.configMaps(this.name)).toEqual({});
    await this.neverStrayed();
  }

  /** Name -> data of the ConfigMaps that these items make. */
  contentOf(items: Items): Record<string, Readonly<Record<string, string>>> {
    return Object.fromEntries(Object.entries(items).map(([item, version]) => [itemName(item), { version }]));
  }

  /** Inventory ids of these items, sorted. */
  idsOf(items: Items): string[] {
    return Object.keys(items)
      .map((item) => `${this.name}_${itemName(item)}__ConfigMap`)
      .toSorted();
  }

  /**
   * Nothing was ever written that no commit contained by then, and nothing was deleted that all commits declare which
   * the agent could have acted upon: those since it was last seen ready. What a person wrote by hand is left out.
   */
  async neverStrayed(): Promise<void> {
    const states = await this.history.statesOf(this.name);
    expect(states.length).toBeGreaterThan(0);
    const byPeople = [...this.#deletedByHand];
    const strange = states.filter(({ name, data, at }) => {
      const settled = this.#settled.findLast((one) => one.at <= at)!.index;
      const commits = this.#declared.filter(({ since }, index) => index >= settled && since <= at);
      if (data === undefined) {
        const byPerson = byPeople.indexOf(name);
        if (byPerson >= 0) return byPeople.splice(byPerson, 1).length === 0;
        return at < this.#removedAt && commits.every(({ versions }) => versions[name]);
      }
      const { version = '', ...more } = data;
      if (version === byHand) return false;
      return Object.keys(more).length > 0 || !commits.some(({ versions }) => versions[name] === version);
    });
    expect(strange, 'written or deleted without Git').toEqual([]);
  }
}

function versionsOf(items: Items): Record<string, string> {
  return Object.fromEntries(Object.entries(items).map(([item, version]) => [itemName(item), version]));
}

/** The ids of the inventory, sorted. */
export function inventoryOf(seen: Observed): string[] {
  return (seen.status?.inventory?.entries ?? []).map(({ id }) => id).toSorted();
}
