import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import { revisionKey } from '../fleet/domain/gate.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { conflict, invalid, notFound } from '../platform/errors/hub-error.js';
import { Releases } from '../releases/releases.js';
import type { VetoView } from './read-models/veto-list.js';
import { VetoList } from './read-models/veto-list.js';
import { StandingIntents } from './standing.js';
import type { VetoTarget } from './standing.js';
import { StandingNews } from './standing-news.js';
import { vetoChange } from './standing-register.js';
import { mostVetoesOfAgents, VetoStore } from './veto.store.js';

/** What somebody wants nobody to take again: one revision of an address, or every item of a release. */
export interface VetoAsk {
  readonly url?: string | undefined;
  readonly revision?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly release?: string | undefined;
  readonly reason: string;
}

/** Vetoes by hand. */
@Injectable()
export class VetoesService {
  constructor(
    private readonly database: DataSource,
    private readonly standing: StandingIntents,
    private readonly store: VetoStore,
    private readonly list: VetoList,
    private readonly news: StandingNews,
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
    @Optional() @Inject(Releases) private readonly releases?: Releases,
  ) {}

  /** One veto for each item; what is vetoed already stays as it is. @throws HubError NotFound, Invalid, Conflict */
  async create(ask: VetoAsk, caller: Caller): Promise<readonly VetoView[]> {
    return this.database.transaction(async (manager) => {
      const targets = await this.targets(manager, ask);
      await this.checkRoom(manager, targets);
      const now = this.clock.now();
      const ids: string[] = [];
      for (const target of targets) {
        const { name: by, requestId } = caller;
        const veto = { ...target, reason: ask.reason, by, rolloutId: null, requestId };
        ids.push(await this.standing.veto(manager, veto, now));
      }
      return this.list.byIds(ids, manager);
    });
  }

  /** @throws HubError NotFound, Conflict when it has been lifted before */
  async lift(id: string, reason: string, { name: actor, requestId }: Caller): Promise<VetoView> {
    return this.database.transaction(async (manager) => {
      const lifted = await this.store.lift(manager, id, { by: actor, reason, at: this.clock.now() });
      const view = await this.list.byId(id, manager);
      if (!lifted) throw conflict(`veto "${id}" has been lifted by "${view.liftedBy}" before`);
      const details = { ...lifted, reason };
      await this.audit.record(manager, {
        actor,
        requestId,
        action: 'veto.lifted',
        subject: `veto/${id}`,
        details,
      });
      await this.news.tell(manager);
      await this.changes.publish(manager, [vetoChange(id)]);
      return view;
    });
  }

  private async targets(manager: EntityManager, ask: VetoAsk): Promise<readonly VetoTarget[]> {
    if (ask.release === undefined) return [{ url: ask.url!, revision: wholeRevision(ask.revision!) }];
    const release = await this.releases?.get(manager, ask.release);
    if (!release || release.pipeline !== ask.pipeline) {
      throw notFound(`release "${ask.release}" of pipeline "${ask.pipeline}" does not exist`, {
        field: 'release',
        remedy: 'flotilla get releases lists the known ones',
      });
    }
    const nameless = release.items.find(({ url }) => url === '');
    if (!nameless) return release.items;
    throw conflict(
      `release "${release.name}": nobody has told the address of ${nameless.source.kind}/${nameless.source.namespace}/${nameless.source.name}`,
      { remedy: 'veto by url and revision' },
    );
  }

  private async checkRoom(manager: EntityManager, targets: readonly VetoTarget[]): Promise<void> {
    if ((await this.store.countInForce(manager)) + targets.length <= mostVetoesOfAgents) return;
    throw conflict(`there are ${mostVetoesOfAgents} vetoes in force, more than agents keep`, {
      remedy: 'lift those that nobody needs any more',
    });
  }
}

/** The first digits of a commit would match nothing, nor would capital ones. */
function wholeRevision(revision: string): string {
  const key = revisionKey(revision);
  const isHash = /^[0-9a-f]{4,}$/i.test(key);
  const isPart = isHash && key.length !== 40 && key.length !== 64;
  if (!isPart && key !== '')
    return isHash ? `${revision.slice(0, -key.length)}${key.toLowerCase()}` : revision;
  throw invalid('revision', `revision "${revision}" is not a whole one`, {
    remedy: 'give all 40 or 64 digits of the commit or digest, as in main@sha1:<commit>',
  });
}
