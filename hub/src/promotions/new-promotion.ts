import { newId } from '../platform/ids.js';
import type { ReleaseRecord } from '../releases/releases.js';
import { emailsOf } from './domain/authors.js';
import type { Authors, Promotion, PromotionPriority } from './domain/promotion.js';

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
  return {
    ...wish,
    id: newId(),
    pipeline: release.pipeline,
    environment,
    releaseId: release.id,
    releaseName: release.name,
    releaseNumber: release.number,
    authors: authorsOf(release),
    state: 'Queued',
    reason: '',
    waitingFor: 'its turn',
    waitingUntil: null,
    gates: [],
    approvals: [],
    delivery: null,
    rolloutId: null,
    wish: null,
    onFailure: null,
    createdAt: now,
    startedAt: null,
    rolledOutAt: null,
    endedAt: null,
  };
}

/** Who made a release: whoever made what is new in it, and whoever put it together by hand. */
export function authorsOf({ items, createdBy }: Pick<ReleaseRecord, 'items' | 'createdBy'>): Authors {
  return {
    emails: emailsOf(items.flatMap(({ authors }) => authors)),
    tokens: createdBy === 'hub' ? [] : [createdBy],
  };
}
