import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Clock } from '../platform/clock.js';
import { HUB_CONFIG } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { GitError } from '../platform/git/git-error.js';
import { GitMirrors } from '../platform/git/git-mirrors.js';
import { OutgoingError, quoted } from '../platform/outgoing/outgoing-error.js';
import { OutgoingHttp } from '../platform/outgoing/outgoing-http.js';
import { Turnstile } from '../platform/turnstile.js';
import { GitDelivery } from '../promotions/git-delivery.js';
import type { DeliveryProgress, PromotionToDeliver } from '../promotions/git-delivery.js';
import { ChangeError } from './domain/change-error.js';
import type { DeliveryJob } from './delivery-job.js';
import { deliveryJob } from './delivery-job.js';
import { deliverByPullRequest, withdrawPullRequest } from './pull-request-delivery.js';
import { deliverByPush } from './push-delivery.js';

/** Who asks waits no longer than this; a large repository may take longer, and is gone on with. */
const answerWithinMs = 20_000;
const lookAgainMs = 5_000;
const atOnce = 8;

/** Git said no, and will say so again. */
const refusals =
  /protected branch|GH006|GH013|repository rule violations|pre-receive hook declined|hook declined/i;

interface UnderWay {
  readonly work: Promise<DeliveryProgress>;
  stop(): void;
}

/** Writes promotions into Git. What is under way goes on between two questions for it. */
@Injectable()
export class GitDeliveryService extends GitDelivery implements BeforeApplicationShutdown {
  private readonly underWay = new Map<string, UnderWay>();
  private readonly turnstile = new Turnstile(atOnce);
  private readonly ended = new AbortController();

  constructor(
    private readonly http: OutgoingHttp,
    private readonly mirrors: GitMirrors,
    private readonly clock: Clock,
    @Inject(HUB_CONFIG) private readonly config: Pick<HubConfig, 'deliveryAuthor'>,
  ) {
    super();
  }

  async deliver(promotion: PromotionToDeliver, signal: AbortSignal): Promise<DeliveryProgress> {
    const entry = this.underWay.get(promotion.id) ?? this.begin(promotion);
    const patience = new AbortController();
    const late = setTimeout(answerWithinMs, null, { signal: AbortSignal.any([signal, patience.signal]) });
    try {
      const progress = await Promise.race([entry.work, late.catch(() => null)]);
      if (progress === null) return this.stillAtIt(promotion);
      this.forget(promotion.id, entry);
      return progress;
    } catch (error) {
      this.forget(promotion.id, entry);
      throw error;
    } finally {
      patience.abort();
    }
  }

  async withdraw(promotion: PromotionToDeliver, reason: string, signal: AbortSignal): Promise<void> {
    const running = this.underWay.get(promotion.id);
    running?.stop();
    await running?.work.catch(() => undefined);
    this.underWay.delete(promotion.id);
    if (!promotion.git.pullRequest) return;
    const job = await this.jobOf(promotion, AbortSignal.any([signal, this.ended.signal]));
    await withdrawPullRequest(job, reason);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ended.abort();
    await Promise.allSettled([...this.underWay.values()].map(({ work }) => work));
  }

  private begin(promotion: PromotionToDeliver): UnderWay {
    const own = new AbortController();
    const signal = AbortSignal.any([own.signal, this.ended.signal]);
    const work = this.turnstile.pass(() => this.carryOut(promotion, signal));
    // Nobody may be waiting when it ends; what came out is kept for the next question.
    work.catch(() => undefined);
    const entry = { work, stop: () => own.abort() };
    this.underWay.set(promotion.id, entry);
    return entry;
  }

  private forget(id: string, entry: UnderWay): void {
    if (this.underWay.get(id) === entry) this.underWay.delete(id);
  }

  private async carryOut(promotion: PromotionToDeliver, signal: AbortSignal): Promise<DeliveryProgress> {
    try {
      const job = await this.jobOf(promotion, signal);
      return await (promotion.git.pullRequest ? deliverByPullRequest(job) : deliverByPush(job));
    } catch (error) {
      return judged(error, promotion);
    }
  }

  private jobOf(promotion: PromotionToDeliver, signal: AbortSignal): Promise<DeliveryJob> {
    const { http, mirrors } = this;
    return deliveryJob(promotion, { http, mirrors, author: this.config.deliveryAuthor, signal });
  }

  private stillAtIt({ memory }: PromotionToDeliver): DeliveryProgress {
    const until = new Date(this.clock.now().getTime() + lookAgainMs);
    return { phase: 'wait', message: 'Git is being written', until, ...(memory && { memory }) };
  }
}

/** What cannot become better by waiting ends the promotion; everything else is tried again. */
function judged(error: unknown, { memory, git }: PromotionToDeliver): DeliveryProgress {
  if (error instanceof ChangeError) return { phase: 'fail', message: error.message };
  if (!(error instanceof GitError) && !(error instanceof OutgoingError)) throw error;
  const message = quoted(error.message);
  if (error instanceof GitError && error.failure === 'failed' && refusals.test(error.message))
    return { phase: 'fail', message: `the server does not let the hub write ${git.branch}: ${message}` };
  return { phase: 'wait', message, ...(memory && { memory }) };
}
