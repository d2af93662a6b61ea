// A hub with pipelines whose rollouts the test carries out itself: what promotions decide, without agents.
import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { newId } from '@flotilla/hub/platform/ids';
import { GateProbe } from '@flotilla/hub/promotions/gate-probe';
import type { GateQuestion, GateVerdict } from '@flotilla/hub/promotions/gate-probe';
import { GitDelivery } from '@flotilla/hub/promotions/git-delivery';
import type { DeliveryProgress, PromotionToDeliver } from '@flotilla/hub/promotions/git-delivery';
import { Outside } from '@flotilla/hub/promotions/outside';
import { PromotionEngine } from '@flotilla/hub/promotions/promotion-engine';
import type { PromotionView } from '@flotilla/hub/promotions/read-models/promotion-list';
import { RolloutDesk } from '@flotilla/hub/promotions/rollout-desk';
import { ReleaseMaker } from '@flotilla/hub/releases/release-maker';
import type { ReleaseRecord } from '@flotilla/hub/releases/releases';
import { RolloutListener, Rollouts } from '@flotilla/hub/rollouts/rollouts';
import type {
  RolloutCommand,
  RolloutOutcome,
  RolloutRequest,
  RolloutSummary,
} from '@flotilla/hub/rollouts/rollouts';
import type { Databases } from '../servers/databases.js';
import { waitFor } from '../servers/wait-for.js';
import { startApiHub } from './api-hub.js';
import type { ApiHub } from './api-hub.js';
import { seedCluster } from './api-seed.js';
import { environment } from './documents.js';

/** Rollouts that do what the test says. */
export class ScriptedRollouts extends Rollouts {
  readonly started: (RolloutRequest & { readonly id: string })[] = [];
  readonly commands: (RolloutCommand & { readonly id: string; readonly by: string })[] = [];
  /** What the next start throws. */
  refusal: Error | null = null;

  async start(_manager: EntityManager, request: RolloutRequest): Promise<{ readonly id: string }> {
    const refusal = this.refusal;
    this.refusal = null;
    if (refusal) throw refusal;
    const id = newId();
    this.started.push({ ...request, id });
    return { id };
  }
  async command(_manager: EntityManager, id: string, command: RolloutCommand, by: string): Promise<void> {
    this.commands.push({ ...command, id, by });
  }
  async retire(): Promise<void> {}
  async summaries(): Promise<readonly RolloutSummary[]> {
    return [];
  }
}

/** Answers what the test has put there. */
export class ScriptedProbe extends GateProbe {
  readonly asked: GateQuestion[] = [];
  answer: GateVerdict | Error = { phase: 'wait', message: 'not yet' };

  async ask(question: GateQuestion): Promise<GateVerdict> {
    this.asked.push(question);
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }
}

export class ScriptedGit extends GitDelivery {
  readonly delivered: PromotionToDeliver[] = [];
  readonly withdrawn: { readonly id: string; readonly reason: string }[] = [];
  answer: DeliveryProgress = { phase: 'wait', message: 'pull request 7 is open' };
  /** Why pull requests cannot be closed; null: they can. */
  refusal: Error | null = null;

  async deliver(promotion: PromotionToDeliver): Promise<DeliveryProgress> {
    this.delivered.push(promotion);
    return this.answer;
  }
  async withdraw({ id }: PromotionToDeliver, reason: string): Promise<void> {
    this.withdrawn.push({ id, reason });
    if (this.refusal) throw this.refusal;
  }
}

export type TestPromotion = PromotionView;

export interface PromotionWorld {
  readonly api: ApiHub;
  readonly rollouts: ScriptedRollouts;
  readonly probe: ScriptedProbe;
  readonly git: ScriptedGit;
  /** Makes a release of a commit (random unless told); what it starts happens at once. */
  release(
    pipeline: string,
    change?: {
      readonly commit?: string;
      readonly authors?: readonly string[];
      readonly authorUnknown?: true;
      readonly createdBy?: string;
    },
  ): Promise<ReleaseRecord>;
  apply(...documents: object[]): Promise<void>;
  /** A token of a person. */
  token(
    name: string,
    who?: { readonly groups?: readonly string[]; readonly emails?: readonly string[] },
  ): Promise<string>;
  /** Newest first. */
  list(query: string): Promise<readonly TestPromotion[]>;
  /** The only promotion that the query finds, once it has one of the states. */
  until(query: string, ...states: string[]): Promise<TestPromotion>;
  /** Says how the last rollout of an environment ended. */
  finish(environment: string, state?: RolloutOutcome['state'], reason?: string): Promise<void>;
  /** Moves the clock, and has every lane look at it. */
  advance(milliseconds: number): Promise<void>;
  look(): Promise<void>;
  stop(): Promise<void>;
}

export const repository = 'https://git.example.com/org/fleet';
const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };

export async function startPromotionWorld(postgres: Databases): Promise<PromotionWorld> {
  const api = await startApiHub(postgres);
  const at = <Part extends object>(part: new (...args: never[]) => Part): Part =>
    api.hub.app.get(part, { strict: false });
  const rollouts = new ScriptedRollouts();
  const probe = new ScriptedProbe();
  const git = new ScriptedGit();
  Object.assign(at(RolloutDesk), { rollouts });
  Object.assign(at(Outside), { probe, git });
  const engine = at(PromotionEngine);
  const list = async (query: string): Promise<readonly TestPromotion[]> =>
    (await api.ask('GET', `/api/v1/promotions?${query}`)).json().items;
  const look = async (): Promise<void> => {
    const lanes: { pipeline: string; environment: string }[] = await api.database.query(
      'SELECT DISTINCT pipeline, environment FROM promotions ORDER BY 1, 2',
    );
    for (const lane of lanes) await engine.evaluate(lane);
  };
  return {
    api,
    rollouts,
    probe,
    git,
    list,
    look,
    async release(
      pipeline,
      { commit = randomBytes(20).toString('hex'), authors = [], authorUnknown, createdBy = 'hub' } = {},
    ) {
      const item = { source, url: repository, revision: `main@sha1:${commit}`, digest: null, authors };
      const items = [authorUnknown ? { ...item, authorUnknown } : item];
      const release = await api.database.transaction((manager) =>
        at(ReleaseMaker).make(manager, { pipeline, items, createdBy, now: api.clock.now() }),
      );
      if (!release) throw new Error(`pipeline ${pipeline} is gone`);
      return release;
    },
    async apply(...documents) {
      const answer = await api.ask('PUT', '/api/v1/apply', { body: { documents } });
      if (answer.statusCode !== 200) throw new Error(answer.body);
    },
    async token(name, { groups = [], emails = [`${name}@example.com`] } = {}) {
      const body = { name, role: 'operator', groups, emails };
      return (await api.ask('POST', '/api/v1/api-tokens', { body })).json().token as string;
    },
    until: (query, ...states) =>
      waitFor(
        `promotion ${query} to be ${states.join(' or ')}`,
        async () => {
          const [one] = await list(query);
          if (one && !states.includes(one.state))
            throw new Error(`it is ${one.state}: ${one.waitingFor}${one.reason}`);
          return one;
        },
        { timeoutMs: 8_000 },
      ),
    async finish(environmentName, state = 'Succeeded', reason = 'all clusters have it') {
      const last = rollouts.started.findLast((one) => one.environment === environmentName);
      if (!last) throw new Error(`no rollout in ${environmentName}`);
      const { id: rolloutId, promotionId } = last;
      await api.database.transaction((manager) =>
        at(RolloutListener as never as new () => RolloutListener).finished(
          manager,
          { rolloutId, promotionId, state, reason },
          api.clock.now(),
        ),
      );
    },
    async advance(milliseconds) {
      api.clock.advance(milliseconds);
      await look();
    },
    stop: () => api.stop(),
  };
}

/** Removes what a test has left. */
export async function clearFleet({ api }: Pick<PromotionWorld, 'api'>): Promise<void> {
  for (const table of ['promotions', 'pipelines', 'freezes', 'environments', 'clusters', 'vetoes'])
    await api.database.query(`DELETE FROM ${table}`);
}

/** Clusters and environments of these names, one cluster in each. */
export async function seedEnvironments(world: PromotionWorld, ...names: string[]): Promise<void> {
  for (const name of names) await seedCluster(world.api, { name: `${name}-1`, labels: { env: name } });
  await world.apply(...names.map((name) => environment(name)));
}
