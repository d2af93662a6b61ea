import { status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';

/** Nobody at this address talked to us as a hub does. */
export class HubUnreachableError extends Error {
  override readonly name = 'HubUnreachableError';

  constructor(address: string, said: string, cause: unknown) {
    const reason = reasonOf(said);
    super(`cannot reach the hub at ${address}: ${reason}; ${remedyFor(reason)}`, { cause });
  }
}

/** Of gRPC itself, where there is no connection; a hub that answers UNAVAILABLE has been reached, and says why. */
const ownWords = /^(No connection established|Name resolution failed)/;

/** The error of a call, in words that name the address and the remedy where no connection came about. */
export function asUnreachable(error: unknown, address: string): unknown {
  const { code, details } = error as Partial<ServiceError>;
  return code === GrpcStatus.UNAVAILABLE && details !== undefined && ownWords.test(details)
    ? new HubUnreachableError(address, details, error)
    : error;
}

/** What a failed call says, without the number and name of gRPC's status that stand before it. */
export function saidBy(error: unknown): unknown {
  const { code, details } = (error ?? {}) as Partial<ServiceError>;
  return error instanceof Error && typeof code === 'number' && details ? details : error;
}

/** What OpenSSL and gRPC say, without their own frames, addresses and times. */
function reasonOf(said: string): string {
  const last = /Last error: (?:Error: )?(.*?)\.? Resolution note:/s.exec(said)?.[1] ?? said;
  const tls = /:SSL routines:[^:]*:([^:]+):/.exec(last)?.[1];
  return (tls ? `TLS: ${tls}` : last).trim();
}

function remedyFor(reason: string): string {
  if (reason.includes('certificate required')) {
    return 'this is the port for agents that have enrolled; --hub-enroll-address names the other one';
  }
  if (reason.includes('wrong version number')) {
    return 'no TLS is spoken there; check the ports of --hub-address and --hub-enroll-address';
  }
  return 'check --hub-address and --hub-enroll-address, the network, and that the hub runs';
}
