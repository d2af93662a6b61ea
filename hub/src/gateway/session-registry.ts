import { Injectable } from '@nestjs/common';
import type { AgentSession } from './agent-session.js';

/** The sessions of this replica. A stream is in it from its first message on, before it is admitted. */
@Injectable()
export class SessionRegistry {
  private readonly byId = new Map<string, AgentSession>();
  private readonly byCluster = new Map<string, Set<AgentSession>>();

  get all(): readonly AgentSession[] {
    return [...this.byId.values()];
  }

  get size(): number {
    return this.byId.size;
  }

  add(session: AgentSession): void {
    this.byId.set(session.id, session);
    const siblings = this.byCluster.get(session.clusterId) ?? new Set();
    this.byCluster.set(session.clusterId, siblings.add(session));
  }

  remove(session: AgentSession): void {
    this.byId.delete(session.id);
    const siblings = this.byCluster.get(session.clusterId);
    siblings?.delete(session);
    if (siblings?.size === 0) this.byCluster.delete(session.clusterId);
  }

  get(id: string): AgentSession | undefined {
    return this.byId.get(id);
  }

  ofCluster(clusterId: string): readonly AgentSession[] {
    return [...(this.byCluster.get(clusterId) ?? [])];
  }
}
