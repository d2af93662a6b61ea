import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import { Clock } from '../platform/clock.js';
import { HubError, notFound } from '../platform/errors/hub-error.js';
import type { Refusal } from './domain/permission.js';
import { checkAbort, checkApproval, checkRejection } from './domain/permission.js';
import type { Person, Promotion } from './domain/promotion.js';
import type { LaneRun } from './lane-run.js';
import { PromotionEngine } from './promotion-engine.js';
import type { Actor } from './promotion-journal.js';
import { PromotionJournal } from './promotion-journal.js';
import { PromotionStore } from './promotion.store.js';

const noGates = { before: [], after: [] } as const;

/** What people do with promotions that there are. */
@Injectable()
export class PromotionsService {
  constructor(
    private readonly database: DataSource,
    private readonly engine: PromotionEngine,
    private readonly promotions: PromotionStore,
    private readonly journal: PromotionJournal,
    private readonly clock: Clock,
  ) {}

  /** The same person again changes nothing. @throws HubError NotFound, Conflict, Forbidden for an author */
  async approve(
    id: string,
    { comment, release }: { readonly comment: string; readonly release?: string | undefined },
    caller: Caller,
  ): Promise<void> {
    await this.act(id, async (run, promotion) => {
      const person = personOf(caller);
      const gates = run.setup?.environment.gates ?? noGates;
      const check = checkApproval(promotion, gates, person, release);
      if (check.answer === 'refuse') throw refused(check.refusal);
      if (check.answer === 'known') return;
      const approval = {
        stage: check.stage,
        releaseId: promotion.releaseId,
        person,
        comment,
        at: this.clock.now(),
      };
      run.apply(id, { type: 'approved', approval });
      const details = { stage: check.stage, comment, groups: person.groups };
      await this.journal.note(run.manager, 'promotion.approved', promotion, actorOf(caller), details);
    });
  }

  /** @throws HubError NotFound, Conflict */
  async reject(id: string, reason: string, caller: Caller): Promise<void> {
    await this.act(id, async (run, promotion) => {
      const refusal = checkRejection(promotion, run.setup?.environment.gates ?? noGates);
      if (refusal) throw refused(refusal);
      await this.journal.note(run.manager, 'promotion.rejected', promotion, actorOf(caller), { reason });
      await this.engine.carryOut(run, id, { type: 'rejected', by: caller.name, reason }, actorOf(caller));
    });
  }

  /** @throws HubError NotFound, Conflict */
  async abort(id: string, reason: string, caller: Caller): Promise<void> {
    await this.act(id, async (run, promotion) => {
      const refusal = checkAbort(promotion);
      if (refusal) throw refused(refusal);
      await this.journal.note(run.manager, 'promotion.abort-asked', promotion, actorOf(caller), { reason });
      await this.engine.carryOut(run, id, { type: 'aborted', by: caller.name, reason }, actorOf(caller));
    });
  }

  private async act(id: string, what: (run: LaneRun, promotion: Promotion) => Promise<void>): Promise<void> {
    const known = await this.find(this.database.manager, id);
    await this.engine.evaluate(known, async (run) => {
      await what(run, run.get(id) ?? (await this.find(run.manager, id)));
    });
  }

  private async find(manager: EntityManager, id: string): Promise<Promotion> {
    const promotion = await this.promotions.find(manager, id);
    if (promotion) return promotion;
    throw notFound(`promotion "${id}" does not exist`, { remedy: 'flotilla get promotions lists them' });
  }
}

export function actorOf({ name, requestId }: Caller): Actor {
  return { name, requestId };
}

function personOf({ tokenId, name, emails, groups }: Caller): Person {
  return { tokenId, name, emails, groups };
}

function refused({ code, message, remedy }: Refusal): HubError {
  return new HubError(code, message, { remedy });
}
