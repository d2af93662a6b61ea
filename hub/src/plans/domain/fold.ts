import type { PlanAction, PlanChange } from './plan-change.js';

export interface KustomizationName {
  readonly namespace: string;
  readonly name: string;
}

/** What one cluster says about one Kustomization, in one part of its answer. */
export interface Finding {
  readonly cluster: string;
  readonly kustomization: KustomizationName;
  readonly failure: string;
  readonly note: string;
  readonly unchanged: number;
  readonly omitted: number;
  /** Digests, in their order. */
  readonly changes: readonly string[];
}

/** Changes that are the same in all of these clusters, each shown once. */
export interface ChangeGroup {
  readonly clusters: readonly string[];
  readonly kustomization: KustomizationName;
  readonly changes: readonly PlanChange[];
}

/** The same words from all of these clusters. */
export interface Remark {
  readonly clusters: readonly string[];
  readonly kustomization: KustomizationName;
  readonly message: string;
}

export interface PlanTotals {
  /** Changes of objects, each cluster counted. */
  readonly objects: number;
  /** Clusters in which something would change. */
  readonly clusters: number;
  readonly actions: Readonly<Record<PlanAction, number>>;
  /** Objects that would stay as they are. */
  readonly unchanged: number;
  /** Changes that are not listed anywhere, because answers are bounded. */
  readonly omitted: number;
}

export interface FoldedPlan {
  readonly groups: readonly ChangeGroup[];
  readonly failures: readonly Remark[];
  readonly notes: readonly Remark[];
  readonly totals: PlanTotals;
}

/**
 * Shows each change once with the clusters that it applies to: those of a Kustomization that apply to the same clusters
 * are one group, the most common first.
 */
export function foldPlan(findings: readonly Finding[], changes: ReadonlyMap<string, PlanChange>): FoldedPlan {
  return {
    groups: groupsOf(findings, changes),
    failures: remarksOf(findings, ({ failure }) => failure),
    notes: remarksOf(findings, ({ note }) => note),
    totals: totalsOf(findings, changes),
  };
}

function groupsOf(findings: readonly Finding[], known: ReadonlyMap<string, PlanChange>): ChangeGroup[] {
  const places = new Map<
    string,
    { kustomization: KustomizationName; change: PlanChange; clusters: Set<string> }
  >();
  for (const { cluster, kustomization, changes } of findings) {
    for (const digest of changes) {
      const change = known.get(digest);
      if (!change) continue;
      const key = `${keyOf(kustomization)} ${digest}`;
      const place = places.get(key) ?? { kustomization, change, clusters: new Set() };
      place.clusters.add(cluster);
      places.set(key, place);
    }
  }
  const groups = new Map<string, ChangeGroup & { changes: PlanChange[] }>();
  for (const { kustomization, change, clusters: found } of places.values()) {
    const clusters = [...found].sort();
    const key = `${keyOf(kustomization)} ${clusters.join(' ')}`;
    const group = groups.get(key) ?? { clusters, kustomization, changes: [] };
    group.changes.push(change);
    groups.set(key, group);
  }
  return [...groups.values()].sort(commonFirst);
}

function remarksOf(findings: readonly Finding[], messageOf: (finding: Finding) => string): Remark[] {
  const remarks = new Map<string, Remark & { clusters: string[] }>();
  for (const finding of findings) {
    const message = messageOf(finding);
    if (message === '') continue;
    const { kustomization, cluster } = finding;
    const key = `${keyOf(kustomization)} ${message}`;
    const remark = remarks.get(key) ?? { clusters: [], kustomization, message };
    if (!remark.clusters.includes(cluster)) remark.clusters.push(cluster);
    remarks.set(key, remark);
  }
  const sorted = [...remarks.values()].map((remark) => ({ ...remark, clusters: remark.clusters.toSorted() }));
  return sorted.sort(commonFirst);
}

function totalsOf(findings: readonly Finding[], known: ReadonlyMap<string, PlanChange>): PlanTotals {
  const actions: Record<PlanAction, number> = { Create: 0, Configure: 0, Delete: 0, Recreate: 0 };
  const clusters = new Set<string>();
  let [unchanged, omitted] = [0, 0];
  for (const finding of findings) {
    unchanged += finding.unchanged;
    omitted += finding.omitted;
    if (finding.changes.length + finding.omitted > 0) clusters.add(finding.cluster);
    for (const digest of finding.changes) {
      const change = known.get(digest);
      if (change) actions[change.action] += 1;
    }
  }
  const listed = Object.values(actions).reduce((sum, count) => sum + count, 0);
  return { objects: listed + omitted, clusters: clusters.size, actions, unchanged, omitted };
}

function commonFirst(
  a: { readonly clusters: readonly string[]; readonly kustomization: KustomizationName },
  b: typeof a,
): number {
  if (a.clusters.length !== b.clusters.length) return b.clusters.length - a.clusters.length;
  const [left, right] = [a, b].map((one) => `${keyOf(one.kustomization)} ${one.clusters.join(' ')}`);
  return left! < right! ? -1 : left! > right! ? 1 : 0;
}

function keyOf({ namespace, name }: KustomizationName): string {
  return `${namespace}/${name}`;
}
