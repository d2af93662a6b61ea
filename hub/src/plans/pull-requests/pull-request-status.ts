import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../../platform/clock.js';
import { InjectConfig } from '../../platform/config/hub-config.js';
import type { HubConfig } from '../../platform/config/hub-flags.js';
import { Jobs } from '../../platform/jobs/jobs.js';
import { LOGGER } from '../../platform/logging/logger.js';
import { commitStatus } from '../domain/commit-status.js';
import { PlanStore } from '../plan.store.js';
import { PlanDetail } from '../read-models/plan-detail.js';
import { PlanList } from '../read-models/plan-list.js';
import { isPermanent, postStatus } from './post-status.js';
import { providerSettings } from './provider-settings.js';

const queue = 'plan-status';
const workers = 2;
/** A provider that cannot be reached for so long will not be told. */
const giveUpMs = 60 * 60_000;

/** Posts the commit status of each pull request's plan: once it is asked for, and once it has ended. */
@Injectable()
export class PullRequestStatus implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly plans: PlanStore,
    private readonly list: PlanList,
    private readonly detail: PlanDetail,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    @InjectConfig() private readonly config: HubConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.jobs.work(queue, workers, (id) => this.post(id));
  }

  /** Call it when something about the plan has been committed. */
  async wake(planId: string): Promise<void> {
    await this.jobs.wake(queue, planId);
  }

  /** Wakes those that nobody woke, because a hub died in between. */
  async wakeUnposted(now: Date): Promise<void> {
    const since = new Date(now.getTime() - giveUpMs);
    for (const id of await this.plans.unposted(this.database.manager, since)) await this.wake(id);
  }

  private async post(id: string): Promise<void> {
    const { manager } = this.database;
    const plan = await this.plans.find(manager, id);
    if (!plan?.pullRequest) return;
    const { pullRequest } = plan;
    const { token, api } = providerSettings(this.config, pullRequest.provider);
    const [view] = await this.list.byIds([id]);
    if (!view) return;
    const status = commitStatus(view.states, await this.detail.folded(id));
    const wanted = `${status.state} ${status.description}`;
    if (plan.posted === wanted) return;
    if (!token || api === '') return this.plans.notePosted(manager, id, `${wanted} (not posted)`);
    try {
      await postStatus({ pullRequest, token, api }, status);
    } catch (error) {
      const age = this.clock.now().getTime() - plan.createdAt.getTime();
      if (!isPermanent(error) && age < giveUpMs) throw error;
      const { provider, repository, number } = pullRequest;
      this.logger.warn({ err: error, provider, repository, number }, 'commit status was not posted');
      return this.plans.notePosted(manager, id, `${wanted} (not posted)`);
    }
    await this.plans.notePosted(manager, id, wanted);
  }
}
