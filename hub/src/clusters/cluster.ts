/** A member of the fleet, as enrolled. How it is doing is a question for the read models. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  /** uid of its namespace kube-system. */
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly enrolledAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedReason: string | null;
  /** Set when its identity was in use twice. */
  readonly quarantinedAt: Date | null;
  readonly quarantineReason: string | null;
}

/** Why the cluster's agents are refused, or undefined. */
export function refusalOf(cluster: Cluster): string | undefined {
  if (cluster.revokedAt) return `the identity was revoked: ${cluster.revokedReason ?? 'no reason was given'}`;
  if (cluster.quarantinedAt) return `the cluster is quarantined: ${cluster.quarantineReason ?? ''}`;
  return undefined;
}
