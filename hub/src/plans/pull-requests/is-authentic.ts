import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Provider } from '../domain/pull-request.js';

/** Headers of a delivery that say what it is and prove where it comes from. */
export const deliveryHeaders = {
  github: { event: 'x-github-event', proof: 'x-hub-signature-256' },
  gitlab: { event: 'x-gitlab-event', proof: 'x-gitlab-token' },
  gitea: { event: 'x-gitea-event', proof: 'x-gitea-signature' },
} as const satisfies Record<Provider, { readonly event: string; readonly proof: string }>;

/** Whether whoever sent these bytes knows the secret: GitHub and Gitea sign them, GitLab sends the secret itself. */
export function isAuthentic(provider: Provider, secret: string, body: Uint8Array, proof: string): boolean {
  if (provider === 'gitlab') return isSame(proof, secret);
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return isSame(proof, provider === 'github' ? `sha256=${signature}` : signature);
}

/** In a time that says nothing about where they differ. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(left!, right!);
}
