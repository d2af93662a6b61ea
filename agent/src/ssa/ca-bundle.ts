import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '@flotilla/common/kube/object';

/**
 * Removes the CA bundle of a CRD's conversion webhook when it holds no valid certificate: servers since 1.31 refuse
 * such a CRD, and cert-manager's injector fills the field later (flux-compat 3.6, 7a).
 */
export function dropInvalidCaBundle(crd: KubeObject): void {
  const clientConfig = child(child(child(child(crd, 'spec'), 'conversion'), 'webhook'), 'clientConfig');
  const caBundle = clientConfig?.['caBundle'];
  if (!clientConfig || typeof caBundle !== 'string' || caBundle === '') return;
  if (!holdsCertificates(Buffer.from(caBundle, 'base64').toString('latin1'))) delete clientConfig['caBundle'];
}

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

function holdsCertificates(pem: string): boolean {
  const found = pem.match(certificate) ?? [];
  return found.length > 0 && found.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function child(value: Record<string, unknown> | undefined, key: string): Record<string, unknown> | undefined {
  const found = value?.[key];
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? (found as Record<string, unknown>)
    : undefined;
}
