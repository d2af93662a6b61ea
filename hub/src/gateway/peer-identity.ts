import { X509Certificate } from 'node:crypto';
import type { ServerDuplexStream, ServerUnaryCall } from '@grpc/grpc-js';
import { clusterOfCertificate } from '../enrollment/spiffe-id.js';

/** Who is on the other end of a mutual-TLS connection, by the certificate that TLS has verified. */
export interface PeerIdentity {
  readonly clusterId: string;
  /** Hexadecimal, upper case. */
  readonly serial: string;
  readonly notAfter: Date;
}

/** Undefined when the certificate is none of a cluster. */
export function peerIdentity(
  call: Pick<ServerDuplexStream<unknown, unknown> | ServerUnaryCall<unknown, unknown>, 'getAuthContext'>,
): PeerIdentity | undefined {
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  if (!raw) return undefined;
  const certificate = new X509Certificate(raw);
  const clusterId = clusterOfCertificate(certificate);
  if (clusterId === undefined) return undefined;
  return {
    clusterId,
    serial: certificate.serialNumber.toUpperCase(),
    notAfter: new Date(certificate.validTo),
  };
}
