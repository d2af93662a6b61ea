import type { GitDelivery as GitDeliverySpec } from '@flotilla/common/fleet-api/pipeline';
import type { SourceKey } from '../standing/standing.js';
import type { PromotionInQuestion } from './gate-probe.js';

/** A promotion that is carried out by writing Git. */
export interface PromotionToDeliver extends PromotionInQuestion {
  readonly git: GitDeliverySpec;
  /** `memory` of the answer before; null at the first call. */
  readonly memory: Readonly<Record<string, unknown>> | null;
}

/** A source and what it has to be moved to once Git holds the promotion, e.g. "main@sha1:<merged commit>". */
export interface DeliveredRevision {
  readonly source: SourceKey;
  readonly revision: string;
}

/** How far Git holds a promotion. */
export type DeliveryProgress =
  /** It is merged. Sources that are not named keep the revision of the release. */
  | {
      readonly phase: 'done';
      readonly revisions: readonly DeliveredRevision[];
      /** For people, e.g. the address of the commit or of the merged pull request. */
      readonly message: string;
    }
  /** Ask again, at `until` where that is told, else after half a minute. */
  | {
      readonly phase: 'wait';
      readonly message: string;
      readonly until?: Date;
      readonly memory?: Readonly<Record<string, unknown>>;
    }
  /** It cannot be delivered; the promotion fails with the message. */
  | { readonly phase: 'fail'; readonly message: string };

/**
 * Writes a promotion into Git. Both methods are called outside of transactions, again and again until they have
 * settled, also after a kill in the middle: they look what is there before they act.
 *
 * Who provides it: any module (`@Global`, exported) under this class; without one `delivery: git` fails with a reason.
 */
export abstract class GitDelivery {
  /** Makes the commit or pull request unless it is there, and tells how far it is. A rejection is tried again. */
  abstract deliver(promotion: PromotionToDeliver, signal: AbortSignal): Promise<DeliveryProgress>;

  /** The promotion ended before Git held it: closes its pull request, saying why. */
  abstract withdraw(promotion: PromotionToDeliver, reason: string, signal: AbortSignal): Promise<void>;
}
