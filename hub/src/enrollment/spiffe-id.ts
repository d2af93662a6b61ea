import type { X509Certificate } from 'node:crypto';

const identityUri = /^URI:spiffe:\/\/flotilla\/cluster\/([A-Za-z0-9-]{1,64})$/;

/** URI in the certificates of a cluster's agents. */
export function spiffeId(clusterId: string): string {
  return `spiffe://flotilla/cluster/${clusterId}`;
}

/** The cluster that a certificate names; undefined for a certificate that is none of a cluster. */
export function clusterOfCertificate(certificate: X509Certificate): string | undefined {
  const names = (certificate.subjectAltName ?? '').split(', ');
  return names.map((name) => identityUri.exec(name)?.[1]).find((id) => id !== undefined);
}
