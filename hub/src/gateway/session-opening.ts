import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Goodbye, Hello } from '@flotilla/proto/flotilla/v1/agent';
import { CertificateStore } from '../clusters/certificate.store.js';
import { refusalOf } from '../clusters/cluster.js';
import type { Cluster } from '../clusters/cluster.js';
import { ClusterStore } from '../clusters/cluster.store.js';
import { SessionControl } from '../clusters/session-control.js';
import { agentKey, AgentTableStore } from '../objects/agent-table.store.js';
import { decideHello } from '../objects/domain/sync-decisions.js';
import type { HelloDecision } from '../objects/domain/sync-decisions.js';
import type { AgentId } from '../objects/object-status.store.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { ClusterSplitStore } from './cluster-split.store.js';
import { beginContest, judgeContest } from './domain/contest.js';
import { DatabaseTurnstile } from './database-turnstile.js';
import { turnedAway } from './goodbye.js';
import type { PeerIdentity } from './peer-identity.js';
import { Quarantine } from './quarantine.js';
import { Replica } from './replica.js';
import { SessionClaimStore } from './session-claim.store.js';

export type Opening =
  | {
      readonly type: 'opened';
      readonly cluster: Cluster;
      readonly decision: HelloDecision;
      readonly acknowledgedRecord: bigint;
    }
  | { readonly type: 'refused'; readonly goodbye: Goodbye }
  /** Another process with the same identity has the session `rivalSession`. */
  | { readonly type: 'contested'; readonly rivalSession: string };

export interface OpeningRequest extends AgentId {
  readonly peer: PeerIdentity;
  readonly hello: Hello;
  readonly sessionId: string;
  /** Aborted when the stream ends while it waits. */
  readonly signal: AbortSignal;
}

const pollMs = 200;

/** Decides whether a stream becomes the session of its agent, on whatever replica the last one was. */
@Injectable()
export class SessionOpening {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clusters: ClusterStore,
    private readonly certificates: CertificateStore,
    private readonly claims: SessionClaimStore,
    private readonly splits: ClusterSplitStore,
    private readonly agents: AgentTableStore,
    private readonly control: SessionControl,
    private readonly changes: ChangeFeed,
    private readonly replica: Replica,
    private readonly quarantine: Quarantine,
    private readonly turnstile: DatabaseTurnstile,
    private readonly clock: Clock,
    @InjectConfig() private readonly config: HubConfig,
  ) {}

  /** Takes the session, waits until a rival is out of the way, or refuses. Undefined when the stream ended. */
  async open(request: OpeningRequest): Promise<Exclude<Opening, { type: 'contested' }> | undefined> {
    let dead: string | undefined;
    while (!request.signal.aborted) {
      const opening = await this.turnstile.pass(() =>
        this.dataSource.transaction((manager) => this.claim(manager, request, dead)),
      );
      if (opening.type !== 'contested') return opening;
      const verdict = await this.contest(request, opening.rivalSession);
      if (verdict === 'clone') {
        const cluster = await this.quarantine.clones(request.clusterId, request.shard);
        return { type: 'refused', goodbye: turnedAway(cluster) };
      }
      dead = opening.rivalSession;
    }
    return undefined;
  }

  private async claim(
    manager: EntityManager,
    request: OpeningRequest,
    dead: string | undefined,
  ): Promise<Opening> {
    const { peer, hello, sessionId, clusterId, shard } = request;
    const cluster = await this.clusters.find(manager, clusterId);
    const known = (await this.certificates.clusterOf(manager, peer.serial)) === clusterId;
    if (!cluster || !known || refusalOf(cluster)) return { type: 'refused', goodbye: turnedAway(cluster) };

    const { shards } = hello;
    await this.splits.expect(manager, { clusterId, shards });
    const rival = await this.claims.lock(manager, request);
    const present = rival.sessionId !== null && rival.replicaId !== null && rival.sessionId !== dead;
    if (present && rival.instanceId !== hello.instanceId)
      return { type: 'contested', rivalSession: rival.sessionId! };
    if (rival.sessionId !== null) {
      await this.control.send(manager, [{ type: 'supersede', clusterId, sessionId: rival.sessionId }]);
    }
    const at = this.clock.now();
    const { instanceId } = hello;
    const versions = {
      agentVersion: short(hello.agentVersion),
      kubernetesVersion: short(hello.kubernetesVersion),
    };
    await this.claims.take(manager, {
      clusterId,
      shard,
      sessionId,
      instanceId,
      replicaId: this.replica.id,
      ...versions,
      at,
    });
    if (shards.length > 0) await this.splits.forgetOthers(manager, [{ clusterId, shards }]);
    await this.changes.publish(manager, [{ topic: 'cluster', clusterId, key: cluster.name, deleted: false }]);
    return { type: 'opened', cluster, ...(await this.resume(manager, request, at)) };
  }

  private async resume(
    manager: EntityManager,
    request: OpeningRequest,
    at: Date,
  ): Promise<{ decision: HelloDecision; acknowledgedRecord: bigint }> {
    const { clusterId, shard, hello } = request;
    const held = (await this.agents.lock(manager, [request])).get(agentKey(request))!;
    const agent = { tableId: hello.tableId, sequence: hello.sequence, hash: hello.tableHash };
    const decision = decideHello(held, agent);
    if (decision.action === 'adopt') {
      const update = { clusterId, shard, tableId: agent.tableId, sequence: agent.sequence, hash: held.hash };
      await this.agents.update(manager, [{ ...update, confirmed: true, at }]);
    }
    return { decision, acknowledgedRecord: held.spoolId === hello.spoolId ? held.recordSequence : 0n };
  }

  private async contest(request: OpeningRequest, rivalSession: string): Promise<'clone' | 'take over'> {
    const { heartbeatMs } = this.config;
    const began = performance.now();
    let contest = beginContest(heartbeatMs);
    while (!request.signal.aborted) {
      const claim = await this.turnstile.pass(() => this.claims.read(this.dataSource.manager, request));
      const sighting = {
        elapsedMs: performance.now() - began,
        present: claim?.sessionId === rivalSession && claim.replicaId !== null,
        heardAt: claim?.heardAt?.getTime() ?? null,
      };
      const judged = judgeContest(contest, sighting, heartbeatMs);
      if (judged.verdict !== 'wait') return judged.verdict;
      contest = judged.contest;
      await sleep(pollMs, undefined, { signal: request.signal }).catch(() => undefined);
    }
    return 'take over';
  }
}

function short(version: string): string {
  return version.replaceAll('\0', '').slice(0, 128);
}
