import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { FreezeScope } from '@flotilla/common/fleet-api/freeze';
import type { EntityManager } from 'typeorm';
import { DocumentHandler, DocumentHandlers } from '../configuration/document-handler.js';
import type {
  ApplyContext,
  ApplyOutcome,
  DocumentName,
  DocumentOf,
  Operator,
  RefusedDocument,
  RightsObstacle,
} from '../configuration/document-handler.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { newId } from '../platform/ids.js';
import { StandingNews } from '../standing/standing-news.js';
import type { FreezeRow } from './freeze.store.js';
import { FreezeStore } from './freeze.store.js';

type Problem = RefusedDocument['problems'][number];

/** Stores Freeze documents; the sets of the clusters in their scope follow when the transaction commits. */
@Injectable()
export class FreezeHandler extends DocumentHandler<'Freeze'> implements OnModuleInit {
  readonly kind = 'Freeze';

  constructor(
    private readonly store: FreezeStore,
    private readonly news: StandingNews,
    private readonly changes: ChangeFeed,
    private readonly handlers: DocumentHandlers,
  ) {
    super();
  }

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async apply(
    manager: EntityManager,
    document: DocumentOf<'Freeze'>,
    { actor, now }: ApplyContext,
  ): Promise<ApplyOutcome> {
    await this.store.removeEnded(manager, document, now);
    const outcome = await this.store.put(manager, document, { id: newId(), by: actor, now });
    if (outcome !== 'unchanged') await this.tell(manager, document.metadata.name, false);
    return outcome;
  }

  /** A freeze that holds nothing, because of a typing error or of a change elsewhere, must not look like one. */
  async check(
    manager: EntityManager,
    changed: readonly DocumentName[],
    context: ApplyContext,
  ): Promise<readonly RefusedDocument[]> {
    const names = changed.filter(({ kind }) => kind === this.kind).map(({ name }) => name);
    const rows = await this.store.notEndedOr(manager, names, context.now);
    const scopes = rows.map(({ spec }) => spec.scope);
    const environments = await this.store.unknownEnvironments(manager, named(scopes, 'environment'));
    const clusters = await this.store.unknownClusters(manager, named(scopes, 'cluster'));
    return rows.flatMap((row): RefusedDocument[] => {
      const isNew = names.includes(row.name);
      const { environment, cluster } = row.spec.scope;
      const problems: Problem[] = [
        ...(environment !== undefined && environments.has(environment) ? [noEnvironment(environment)] : []),
        // A cluster may leave the fleet while a freeze of it stands.
        ...(isNew && cluster !== undefined && clusters.has(cluster) ? [noCluster(cluster)] : []),
        ...(isNew ? tooLate(row, context) : []),
      ];
      return problems.length > 0 ? [{ kind: this.kind, name: row.name, problems }] : [];
    });
  }

  async remove(manager: EntityManager, name: string): Promise<boolean> {
    const removed = await this.store.remove(manager, name);
    if (removed) await this.tell(manager, name, true);
    return removed;
  }

  /**
   * Whoever operates the fleet may stop the line. What somebody else holds still is not let go this way: it has been
   * written by another token last, and has not ended.
   */
  override async refuseOperator(
    manager: EntityManager,
    name: string,
    operator: Operator,
  ): Promise<RightsObstacle | null> {
    const row = await this.store.find(manager, name);
    if (!row || row.updatedBy === operator.name || row.endsAt <= operator.now) return null;
    return {
      message: `it is a freeze of "${row.updatedBy}" (${row.spec.reason}) until ${row.endsAt.toISOString()}; the token "${operator.name}" may change and lift its own alone`,
      remedy:
        'make one with another name to stop more; to let go ask an admin, or break the glass for one promotion',
    };
  }

  private async tell(manager: EntityManager, name: string, deleted: boolean): Promise<void> {
    await this.news.tell(manager);
    await this.changes.publish(manager, [{ topic: 'freeze', clusterId: '', key: name, deleted }]);
  }
}

function named(scopes: readonly FreezeScope[], field: 'environment' | 'cluster'): readonly string[] {
  return [...new Set(scopes.flatMap((scope) => scope[field] ?? []))];
}

function noEnvironment(name: string): Problem {
  return {
    field: 'spec.scope.environment',
    message: `environment "${name}" does not exist; flotilla get environments lists the known ones`,
  };
}

function noCluster(name: string): Problem {
  return {
    field: 'spec.scope.cluster',
    message: `cluster "${name}" does not exist; flotilla get clusters lists the known ones`,
  };
}

/** What is in Git may stay there when it is over; nobody asks for the past by hand on purpose. */
function tooLate({ endsAt }: FreezeRow, { actor, now }: ApplyContext): readonly Problem[] {
  if (endsAt > now || actor.startsWith('git:')) return [];
  return [{ field: 'spec.until', message: `${endsAt.toISOString()} is over; name a time to come` }];
}
