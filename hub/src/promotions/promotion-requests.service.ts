import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import { Pipelines } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';
import { conflict, invalid, notFound } from '../platform/errors/hub-error.js';
import type { ReleaseRecord } from '../releases/releases.js';
import { Releases } from '../releases/releases.js';
import { StandingIntents } from '../standing/standing.js';
import { isWaiting } from './domain/promotion-state.js';
import type { Promotion, PromotionPriority } from './domain/promotion.js';
import { EnvironmentRules } from './environment-rules.js';
import { LaneHistoryStore } from './lane-history.store.js';
import type { LaneSetup } from './lane-observer.js';
import { laneSetup } from './lane-observer.js';
import type { LaneRun } from './lane-run.js';
import { newPromotion } from './new-promotion.js';
import { PromotionEngine } from './promotion-engine.js';
import { PromotionJournal } from './promotion-journal.js';
import { PromotionStore } from './promotion.store.js';
import { actorOf } from './promotions.service.js';

/** What somebody wants to bring where. */
export interface PromotionRequest {
  readonly pipeline: string;
  readonly environment: string;
  /** Id or name. */
  readonly release: string;
  readonly priority: PromotionPriority;
}

/** Promotions by hand. Everything that can be known to be wrong is refused before anything starts. */
@Injectable()
export class PromotionRequestsService {
  constructor(
    private readonly database: DataSource,
    private readonly pipelines: Pipelines,
    private readonly releases: Releases,
    private readonly standing: StandingIntents,
    private readonly history: LaneHistoryStore,
    private readonly environments: EnvironmentRules,
    private readonly promotions: PromotionStore,
    private readonly engine: PromotionEngine,
    private readonly journal: PromotionJournal,
    private readonly clock: Clock,
  ) {}

  /** Gives the id of the promotion. @throws HubError NotFound, Invalid, Conflict */
  async create(request: PromotionRequest, caller: Caller): Promise<string> {
    const { manager } = this.database;
    const { setup, release } = await this.find(manager, request);
    await this.check(manager, setup, release);
    let id = '';
    await this.engine.evaluate(request, async (run) => {
      id = await this.queue(run, release, request, caller);
    });
    return id;
  }

  private async find(
    manager: EntityManager,
    { pipeline: name, environment, release: idOrName }: PromotionRequest,
  ): Promise<{ readonly setup: LaneSetup; readonly release: ReleaseRecord }> {
    const pipeline = await this.pipelines.get(manager, name);
    if (!pipeline)
      throw notFound(`pipeline "${name}" does not exist`, {
        field: 'pipeline',
        remedy: 'flotilla get pipelines lists them',
      });
    const setup = laneSetup(pipeline, environment);
    if (!setup) {
      const names = pipeline.spec.environments.map((one) => one.name).join(', ');
      throw invalid('environment', `pipeline "${name}" has no environment "${environment}"`, {
        remedy: `choose one of ${names}`,
      });
    }
    const release = await this.releases.get(manager, idOrName);
    if (!release)
      throw notFound(`release "${idOrName}" does not exist`, {
        field: 'release',
        remedy: 'flotilla get releases lists them',
      });
    if (release.pipeline !== name)
      throw invalid(
        'release',
        `release "${release.name}" is one of pipeline "${release.pipeline}", not "${name}"`,
        {
          remedy: 'choose a release of the same pipeline',
        },
      );
    return { setup, release };
  }

  private async check(
    manager: EntityManager,
    { environment, before }: LaneSetup,
    release: ReleaseRecord,
  ): Promise<void> {
    const { name } = environment;
    const [veto] = await this.standing.vetoesOf(manager, release.items);
    if (veto)
      throw conflict(`release "${release.name}" is vetoed by ${veto.requestedBy}: ${veto.reason}`, {
        field: 'release',
        remedy: `flotilla veto lift ${veto.id} --reason TEXT lifts the veto`,
      });
    const promoted = await this.history.promotedAt(manager, release.pipeline, release.id);
    const missing = promoted.has(name) ? [] : before.filter((one) => !promoted.has(one));
    if (missing.length > 0)
      throw conflict(
        `release "${release.name}" is not promoted in ${missing.join(', ')}, which comes before ${name}`,
        {
          field: 'release',
          remedy: `promote it to ${missing[0] ?? ''} first`,
        },
      );
    const members = await this.pipelines.members(manager, name);
    if (members.length === 0 && (await this.environments.obstacle(manager, name)) === null)
      throw invalid('environment', `environment "${name}" matches no cluster`, {
        remedy:
          'flotilla get clusters shows the labels; allowEmpty lets promotions wait for the first cluster',
      });
  }

  private async queue(
    run: LaneRun,
    release: ReleaseRecord,
    { environment, priority }: PromotionRequest,
    caller: Caller,
  ): Promise<string> {
    const known = run.promotions.find((one) => one.releaseId === release.id && one.endedAt === null);
    if (known) return this.prioritise(run, known, priority, caller);
    const now = this.clock.now();
    const wish = { origin: 'manual', priority, requestedBy: caller.name } as const;
    const promotion = newPromotion(release, environment, wish, now);
    await this.promotions.insert(run.manager, promotion, now);
    await this.journal.created(run.manager, promotion, actorOf(caller));
    run.add(promotion);
    return promotion.id;
  }

  /** A hotfix that waits already goes first from now on. */
  private async prioritise(
    run: LaneRun,
    known: Promotion,
    priority: PromotionPriority,
    caller: Caller,
  ): Promise<string> {
    if (priority !== 'hotfix' || known.priority === 'hotfix' || !isWaiting(known.state))
      throw conflict(
        `release "${known.releaseName}" is on its way to ${known.environment} already: promotion ${known.id} is ${known.state}`,
        { field: 'release', remedy: 'wait for it, or abort it first' },
      );
    run.apply(known.id, { type: 'prioritised' });
    await this.journal.note(run.manager, 'promotion.prioritised', known, actorOf(caller), { priority });
    return known.id;
  }
}
