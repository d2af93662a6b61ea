import { ServerCredentials } from '@grpc/grpc-js';
import type { KeyPair } from '../enrollment/certificate-authority.js';

/** Server credentials whose certificate can be replaced while connections live on. */
export class RotatingServerCredentials extends ServerCredentials {
  private readonly clientAuthority: string | undefined;

  /** @param clientAuthority PEM of the authority that clients must have a certificate of; undefined: no client certificates. */
  constructor(certificate: KeyPair, clientAuthority: string | undefined) {
    const required = clientAuthority !== undefined;
    super({ requestCert: required, rejectUnauthorized: required }, contextOf(certificate, clientAuthority));
    this.clientAuthority = clientAuthority;
  }

  /** New connections see the new certificate. */
  replace(certificate: KeyPair): void {
    this.updateSecureContextOptions(contextOf(certificate, this.clientAuthority));
  }

  _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}

function contextOf({ certificateChain, privateKey }: KeyPair, clientAuthority: string | undefined): object {
  return {
    cert: certificateChain,
    key: privateKey,
    minVersion: 'TLSv1.2',
    ...(clientAuthority && { ca: clientAuthority }),
  };
}
