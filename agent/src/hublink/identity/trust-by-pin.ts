import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { HubUnreachableError } from '../session/unreachable.js';

/** Thrown when the server is not the hub that the join token was made by. */
export class UntrustedHubError extends Error {
  override readonly name = 'UntrustedHubError';
}

export interface TrustOptions {
  host: string;
  port: number;
  /** sha256 over the SPKI of the CA. */
  pin: Buffer;
  timeoutMs: number;
}

/**
 * Asks the server for its certificate chain and gives the CA in it that fits the pin, as PEM. Nothing is sent
 * over this connection; the caller dials again and lets TLS verify the server against that CA.
 * @throws UntrustedHubError
 */
export function caByPin(options: TrustOptions): Promise<string> {
  const { host, port, pin, timeoutMs } = options;
  const address = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    // Verification is off for this look only: there is no CA to verify with before the pin has chosen one.
    const socket = connect({
      host,
      port,
      // An address is no name that a server could be asked for.
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () =>
      fail(new Error(`the hub at ${address} did not answer within ${timeoutMs} ms`)),
    );
    socket.once('error', (error) => fail(new HubUnreachableError(address, error.message, error)));
    socket.once('secureConnect', () => {
      const ca = chainOf(socket.getPeerCertificate(true)).find((certificate) => fits(certificate, pin));
      socket.destroy();
      if (ca) resolve(ca.toString());
      else {
        reject(
          new UntrustedHubError(
            `the server at ${address} is not the hub that made the join token: no certificate of its chain fits the token's pin`,
          ),
        );
      }
    });
  });
}

function chainOf(leaf: DetailedPeerCertificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let current: DetailedPeerCertificate | undefined = leaf;
  while (current?.raw && chain.length < 10) {
    chain.push(new X509Certificate(current.raw));
    // A self-signed certificate names itself as its issuer.
    current = current.issuerCertificate === current ? undefined : current.issuerCertificate;
  }
  return chain;
}

function fits(certificate: X509Certificate, pin: Buffer): boolean {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const digest = createHash('sha256').update(spki).digest();
  return certificate.ca && digest.length === pin.length && timingSafeEqual(digest, pin);
}
