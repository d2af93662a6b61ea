import type { GitMirrors } from '../platform/git/git-mirrors.js';
import type { GitRemote } from '../platform/git/run-git.js';
import { GitHost } from '../platform/git-host/git-host.js';
import type { OutgoingHttp } from '../platform/outgoing/outgoing-http.js';
import { secretOf } from '../platform/outgoing/secrets.js';
import type { DeliveryProgress, PromotionToDeliver } from '../promotions/git-delivery.js';
import type { ReleaseItem } from '../releases/releases.js';
import { ChangeError } from './domain/change-error.js';
import { deliveredRevisions, itemsOf } from './domain/delivered-revisions.js';

/** What one delivery works with. */
export interface DeliveryJob {
  readonly promotion: PromotionToDeliver;
  readonly items: readonly ReleaseItem[];
  readonly remote: GitRemote;
  readonly mirrors: GitMirrors;
  readonly author: string;
  readonly signal: AbortSignal;
  /** The API of the provider. @throws ChangeError: it has none; OutgoingError: it cannot be told from the address */
  host(): GitHost;
}

/** Looks up what a promotion needs to be delivered. @throws OutgoingError, ChangeError */
export async function deliveryJob(
  promotion: PromotionToDeliver,
  parts: Pick<DeliveryJob, 'mirrors' | 'author' | 'signal'> & { readonly http: OutgoingHttp },
): Promise<DeliveryJob> {
  const { http, mirrors, author, signal } = parts;
  const { url, usernameEnv, passwordEnv, provider, apiUrl } = promotion.git;
  const [username, password] = [secretOf(usernameEnv), secretOf(passwordEnv)];
  await http.permittedNow(url);
  return {
    promotion,
    items: itemsOf(promotion.release.items, url),
    remote: { url, username, password },
    mirrors,
    author,
    signal,
    host() {
      if (provider === 'push')
        throw new ChangeError('a pull request needs the provider github, gitlab or gitea; push knows none');
      return new GitHost(http, { provider, url, apiUrl, token: password }, signal);
    },
  };
}

/** Git holds it, at this commit. */
export function done({ promotion, items }: DeliveryJob, commit: string, message: string): DeliveryProgress {
  const { branch, url } = promotion.git;
  const note = items.length > 0 ? '' : `; no source of the release comes from ${url}, so none follows it`;
  return {
    phase: 'done',
    revisions: deliveredRevisions(items, branch, commit),
    message: `${message}${note}`,
  };
}
