import { X509Certificate } from 'node:crypto';

/** Share of a certificate's life after which it is renewed; the rest is for a hub that is away. */
const renewAt = 2 / 3;

/** When a certificate should be renewed, in milliseconds since the epoch. A chain counts by its leaf. */
export function renewalTimeMs(certificateChain: string): number {
  const leaf = new X509Certificate(certificateChain);
  const from = Date.parse(leaf.validFrom);
  const to = Date.parse(leaf.validTo);
  return from + (to - from) * renewAt;
}

/** True when a certificate cannot be used any more. */
export function isExpired(certificateChain: string, nowMs: number): boolean {
  return Date.parse(new X509Certificate(certificateChain).validTo) <= nowMs;
}
