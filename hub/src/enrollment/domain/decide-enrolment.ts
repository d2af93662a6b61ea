import type { Cluster } from '../../clusters/cluster.js';
import type { JoinToken } from './join-token.js';

export interface EnrolmentRequest {
  readonly clusterName: string;
  readonly clusterUid: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the hub knows when somebody asks to enrol. */
export interface EnrolmentFacts {
  readonly token: JoinToken;
  readonly request: EnrolmentRequest;
  readonly byName: Cluster | null;
  readonly byUid: Cluster | null;
  /** This token, cluster and key have been through before: the answer was lost. */
  readonly usedByThisKey: boolean;
}

export type Refusal = 'denied' | 'taken';

export type EnrolmentDecision =
  | { readonly action: 'create'; readonly labels: Readonly<Record<string, string>> }
  | {
      readonly action: 'reenrol';
      readonly cluster: Cluster;
      readonly labels: Readonly<Record<string, string>>;
    }
  /** Another certificate, and nothing else. */
  | { readonly action: 'repeat'; readonly cluster: Cluster }
  | {
      readonly action: 'refuse';
      readonly refusal: Refusal;
      readonly message: string;
      readonly remedy: string;
    };

const newToken = 'create a join token: flotilla token create --join';

/** Decides whether a cluster may join, as what, and whether the token is used up by it. */
export function decideEnrolment(facts: EnrolmentFacts, now: Date): EnrolmentDecision {
  return refuseByToken(facts, now) ?? refuseByScope(facts) ?? refuseByIdentity(facts) ?? admit(facts);
}

function refuseByToken({ token, usedByThisKey }: EnrolmentFacts, now: Date): EnrolmentDecision | undefined {
  if (token.expiresAt <= now) {
    return refuse(
      'denied',
      `join token ${token.id}: it expired at ${token.expiresAt.toISOString()}`,
      newToken,
    );
  }
  if (token.used >= token.uses && !usedByThisKey) {
    const times = token.uses === 1 ? 'once' : `${token.uses} times`;
    return refuse(
      'denied',
      `join token ${token.id}: it was good for enrolling ${times} and has been used`,
      newToken,
    );
  }
  return undefined;
}

function refuseByScope({ token, request }: EnrolmentFacts): EnrolmentDecision | undefined {
  if (token.clusterName !== null && token.clusterName !== request.clusterName) {
    const message = `cluster "${request.clusterName}": join token ${token.id} is only for the cluster "${token.clusterName}"`;
    return refuse('denied', message, `use that name, or ${newToken}`);
  }
  for (const [key, value] of Object.entries(token.labels)) {
    const asked = request.labels[key];
    if (asked === undefined || asked === value) continue;
    const message = `cluster "${request.clusterName}": label ${key}=${asked} contradicts ${key}=${value} of join token ${token.id}`;
    return refuse('denied', message, `remove the label from the agent, or ${newToken}`);
  }
  return undefined;
}

function refuseByIdentity({ token, request, byName, byUid }: EnrolmentFacts): EnrolmentDecision | undefined {
  if (byName && byName.uid !== request.clusterUid) {
    const message = `cluster "${request.clusterName}": another cluster has this name (its kube-system uid is ${byName.uid})`;
    return refuse(
      'taken',
      message,
      `choose another name, or remove the old one: flotilla cluster delete ${byName.name}`,
    );
  }
  if (byUid && byUid.name !== request.clusterName) {
    const message = `cluster "${request.clusterName}": this cluster (kube-system uid ${byUid.uid}) is enrolled as "${byUid.name}"`;
    return refuse(
      'taken',
      message,
      `use that name, or remove it first: flotilla cluster delete ${byUid.name}`,
    );
  }
  const cutAt = byName?.revokedAt ?? byName?.quarantinedAt ?? null;
  if (cutAt !== null && token.createdAt <= cutAt) {
    const message = `cluster "${request.clusterName}": it was cut off at ${cutAt.toISOString()}, after join token ${token.id} was made`;
    return refuse('denied', message, `to let it in again, ${newToken}`);
  }
  return undefined;
}

function admit({ token, request, byName, usedByThisKey }: EnrolmentFacts): EnrolmentDecision {
  const labels = { ...request.labels, ...token.labels };
  if (!byName) return { action: 'create', labels };
  return usedByThisKey
    ? { action: 'repeat', cluster: byName }
    : { action: 'reenrol', cluster: byName, labels };
}

function refuse(refusal: Refusal, message: string, remedy: string): EnrolmentDecision {
  return { action: 'refuse', refusal, message, remedy };
}
