import { newId } from '../platform/ids.js';
import type { ReleaseRecord } from '../releases/releases.js';
import { emailsOf } from './domain/authors.js';
import type { Authors, Promotion, PromotionPriority } from './domain/promotion.js';
import { queuedPromotion } from './domain/queued-promotion.js';

/** A promotion that waits for its turn. */
export function newPromotion(
  release: ReleaseRecord,
  environment: string,
  wish: {
    readonly origin: Promotion['origin'];
    readonly priority: PromotionPriority;
    readonly requestedBy: string;
  },
  now: Date,
): Promotion {
  return queuedPromotion({
    ...wish,
    id: newId(),
    pipeline: release.pipeline,
    environment,
    releaseId: release.id,
    releaseName: release.name,
    releaseNumber: release.number,
    authors: authorsOf(release),
    createdAt: now,
  });
}

/** Who made a release: whoever made what is new in it, and whoever put it together by hand. */
export function authorsOf({ items, createdBy }: Pick<ReleaseRecord, 'items' | 'createdBy'>): Authors {
  return {
    emails: emailsOf(items.flatMap(({ authors }) => authors)),
    tokens: createdBy === 'hub' ? [] : [createdBy],
  };
}
