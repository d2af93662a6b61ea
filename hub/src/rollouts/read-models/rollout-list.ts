import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { newestFirst, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { notFound } from '../../platform/errors/hub-error.js';
import type { RolloutPlan, WaveProgress } from '../domain/rollout.js';
import { commandStates } from '../domain/states.js';
import type { RolloutState } from '@flotilla/common/fleet-api/rollout-state';
import type { RolloutCommandType } from '../rollouts.js';
import { rolloutCommands } from '../rollouts.js';
import type { RolloutClusterView, RolloutDetailsView, RolloutView, WaveView } from './rollout-view.js';

export interface RolloutFilters {
  readonly pipeline?: readonly string[] | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly state?: readonly RolloutState[] | undefined;
}

type Row = Omit<RolloutView, 'kind' | 'delivery' | 'wave' | 'waves' | 'clusters' | 'commands'> & {
  readonly plan: RolloutPlan;
  readonly wave: number;
  readonly waves: readonly WaveProgress[];
  /** [wave (null: joined later), state, number]. */
  readonly counts: readonly (readonly [number | null, string, number])[];
};

const rolloutSql = `SELECT r.id, r.promotion_id AS promotion, r.pipeline, r.environment, r.release, r.items,
    r.requested_by AS "requestedBy", (r.break_glass OR EXISTS (
      SELECT FROM break_glass b WHERE b.promotion_id = r.promotion_id AND b.granted_at IS NOT NULL)) AS "breakGlass", r.state, r.reason, r.plan, r.wave, r.waves,
    r.halted AS "catchUpStopped", r.superseded, r.created_at AS "createdAt", r.started_at AS "startedAt",
    r.finished_at AS "finishedAt",
    (SELECT coalesce(json_agg(json_build_array(n.wave, n.state, n.count)), '[]'::json) FROM (
      SELECT c.wave, c.state, count(*)::int AS count FROM rollout_clusters c WHERE c.rollout_id = r.id
      GROUP BY c.wave, c.state) n) AS counts
  FROM rollouts r`;

const clustersSql = `SELECT c.name AS cluster, r.plan -> 'waves' -> c.wave ->> 'name' AS wave, c.state, c.message,
    c.domain AS "failureDomain", c.attempts, c.catching_up AS "catchingUp", c.previous, c.began_at AS "beganAt",
    c.ended_at AS "endedAt"
  FROM rollout_clusters c JOIN rollouts r ON r.id = c.rollout_id WHERE c.rollout_id = $1
  ORDER BY c.wave NULLS LAST, c.position`;

/** Rollouts, newest first. */
@Injectable()
export class RolloutList {
  constructor(private readonly database: DataSource) {}

  async page(query: RolloutFilters & PageRequest): Promise<Page<RolloutView>> {
    const where = new SqlConditions();
    where.anyOf('r.pipeline', query.pipeline);
    where.anyOf('r.environment', query.environment);
    where.anyOf('r.state', query.state);
    return readPage(this.database, query, {
      from: 'rollouts r',
      where,
      key: newestFirst('r.id'),
      read: async ({ sql, values }, limit) => {
        const rows: Row[] = await this.database.query(
          `${rolloutSql} ${sql} ORDER BY r.id DESC LIMIT ${limit}`,
          values,
        );
        return rows.map(viewOf);
      },
    });
  }

  /** Those that exist. */
  async byIds(ids: readonly string[]): Promise<readonly RolloutView[]> {
    const rows: Row[] = await this.database.query(`${rolloutSql} WHERE r.id = ANY($1) ORDER BY r.id`, [ids]);
    return rows.map(viewOf);
  }

  /** With its clusters. @throws HubError NotFound */
  async byId(id: string): Promise<RolloutDetailsView> {
    const [view] = await this.byIds([id]);
    if (!view) throw notFound(`rollout "${id}" does not exist`);
    const members: RolloutClusterView[] = await this.database.query(clustersSql, [id]);
    return { ...view, members };
  }
}

/** Whether a command that the state allows would do anything. */
const isOfUse: Readonly<
  Record<
    RolloutCommandType,
    (row: Pick<Row, 'plan' | 'wave' | 'counts' | 'state' | 'catchUpStopped'>) => boolean
  >
> = {
  pause: () => true,
  resume: ({ state, catchUpStopped }) => state !== 'Succeeded' || catchUpStopped,
  abort: () => true,
  'skip-wave': ({ plan, wave }) => wave < plan.waves.length,
  'retry-failed': ({ counts }) => counts.some(([, state]) => state === 'Failed' || state === 'RolledBack'),
  rollback: ({ plan }) => plan.delivery !== 'follow',
};

function viewOf({ plan, wave, waves, counts, ...row }: Row): RolloutView {
  return {
    ...row,
    kind: plan.kind,
    delivery: plan.delivery,
    wave: waves[wave]?.state === 'Pending' ? null : (plan.waves[wave]?.name ?? null),
    waves: plan.waves.map((planned, index): WaveView => {
      const { state, beganAt, endedAt } = waves[index]!;
      return {
        name: planned.name,
        state,
        maxConcurrent: planned.maxConcurrent,
        soakSeconds: planned.soakMs / 1000,
        beganAt: timeOf(beganAt),
        endedAt: timeOf(endedAt),
        clusters: sumUp(counts.filter(([of]) => of === index)),
      };
    }),
    clusters: sumUp(counts),
    commands: rolloutCommands.filter(
      (command) =>
        !row.superseded &&
        commandStates[command].includes(row.state) &&
        isOfUse[command]({ ...row, plan, wave, counts }),
    ),
  };
}

function sumUp(counts: Row['counts']): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [, state, count] of counts) sums[state] = (sums[state] ?? 0) + count;
  return sums;
}

function timeOf(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds);
}
