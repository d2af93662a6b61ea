import { Inject, Injectable, Optional } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { newId } from '../platform/ids.js';
import { ReleaseStore } from './release.store.js';
import type { ReleaseItem, ReleaseRecord } from './releases.js';
import { ReleaseListener } from './releases.js';

/** What a release is made of. */
export interface NewRelease {
  readonly pipeline: string;
  readonly items: readonly ReleaseItem[];
  readonly createdBy: string;
  /** Of whoever makes it by hand. */
  readonly makerEmails?: readonly string[];
  readonly requestId?: string | undefined;
  readonly now: Date;
}

/** Makes releases, or finds the one that holds the same. */
@Injectable()
export class ReleaseMaker {
  constructor(
    private readonly releases: ReleaseStore,
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
    @Optional() @Inject(ReleaseListener) private readonly listener: ReleaseListener | null,
  ) {}

  /** The same as `makeOrFind`, for whom it is the same whether it was there. */
  async make(manager: EntityManager, made: NewRelease): Promise<ReleaseRecord | null> {
    return (await this.makeOrFind(manager, made))?.release ?? null;
  }

  /** Locks the pipeline, so that numbers have no gaps. Gives null when the pipeline is gone. */
  async makeOrFind(
    manager: EntityManager,
    made: NewRelease,
  ): Promise<{ readonly release: ReleaseRecord; readonly isNew: boolean } | null> {
    const { pipeline, items, createdBy, makerEmails = [], requestId, now } = made;
    const locked: unknown[] = await manager.query('SELECT FROM pipelines WHERE name = $1 FOR UPDATE', [
      pipeline,
    ]);
    if (locked.length === 0) return null;
    const same = await this.releases.same(manager, pipeline, items);
    if (same) return { release: same, isNew: false };
    const number = ((await this.releases.latest(manager, pipeline))?.number ?? 0) + 1;
    const release = {
      id: newId(),
      pipeline,
      name: `${pipeline}-${number}`,
      number,
      items,
      createdBy,
      createdAt: now,
    };
    await this.releases.insert(manager, release, makerEmails);
    await this.audit.record(manager, {
      actor: createdBy,
      action: 'release.created',
      subject: `release/${release.name}`,
      details: { items },
      ...(requestId !== undefined && { requestId }),
    });
    await this.changes.publish(manager, [
      { topic: 'release', clusterId: '', key: release.id, deleted: false },
      { topic: 'pipeline', clusterId: '', key: pipeline, deleted: false },
    ]);
    await this.listener?.released(manager, release);
    return { release, isNew: true };
  }
}
