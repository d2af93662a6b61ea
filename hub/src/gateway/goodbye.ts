import { Goodbye_Code as GoodbyeCode } from '@flotilla/proto/flotilla/v1/agent';
import type { Goodbye } from '@flotilla/proto/flotilla/v1/agent';
import { refusalOf } from '../clusters/cluster.js';
import type { Cluster } from '../clusters/cluster.js';

/** Spreads agents that come back after a protocol error; they may well make it again. */
const protocolErrorRetrySeconds = 60;

/** The hub stops; agents may dial another replica at once, or this one in a moment. */
export function shuttingDown(): Goodbye {
  return { code: GoodbyeCode.CODE_SHUTTING_DOWN, message: 'the hub is stopping', retryAfterSeconds: 1 };
}

export function superseded(): Goodbye {
  const message = 'another stream of this agent has taken over';
  return { code: GoodbyeCode.CODE_SUPERSEDED, message, retryAfterSeconds: 0 };
}

export function protocolError(message: string): Goodbye {
  return { code: GoodbyeCode.CODE_PROTOCOL_ERROR, message, retryAfterSeconds: protocolErrorRetrySeconds };
}

export function incompatible(agent: number, hub: number): Goodbye {
  const older = agent < hub ? 'the agent' : 'the hub';
  const message = `the agent speaks protocol version ${agent}, the hub ${hub}; upgrade ${older}`;
  return { code: GoodbyeCode.CODE_INCOMPATIBLE, message, retryAfterSeconds: 0 };
}

export function expired(): Goodbye {
  return {
    code: GoodbyeCode.CODE_EXPIRED,
    message: 'the certificate has expired; renew it and dial again',
    retryAfterSeconds: 1,
  };
}

export function silent(seconds: number): Goodbye {
  return protocolErrorAfter(`nothing was heard for ${seconds} s`, 1);
}

/** Why an agent of this cluster is turned away; null stands for a cluster that is gone. */
export function turnedAway(cluster: Cluster | null): Goodbye {
  if (cluster?.quarantinedAt) {
    return { code: GoodbyeCode.CODE_CLONED, message: refusalOf(cluster) ?? '', retryAfterSeconds: 0 };
  }
  const message = cluster
    ? (refusalOf(cluster) ?? 'the certificate was revoked')
    : 'the cluster is not a member of the fleet';
  return { code: GoodbyeCode.CODE_REVOKED, message, retryAfterSeconds: 0 };
}

function protocolErrorAfter(message: string, retryAfterSeconds: number): Goodbye {
  return { code: GoodbyeCode.CODE_PROTOCOL_ERROR, message, retryAfterSeconds };
}
