import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Logger } from 'pino';
import type { StandingIntentsAck } from '@flotilla/proto/flotilla/v1/standing';
import { text } from '../objects/object-row.js';
import { WriterStoppedError } from '../platform/database/group-commit.js';
import { LOGGER } from '../platform/logging/logger.js';
import type { AgentSession } from './agent-session.js';
import { ClusterRounds } from './cluster-rounds.js';
import { DatabaseTurnstile } from './database-turnstile.js';
import { SessionRegistry } from './session-registry.js';
import { StandingPort } from './standing-port.js';

/** Brings the set of standing intents to every session of a cluster that is here, and the answers back. */
@Injectable()
export class StandingDispatcher {
  private readonly rounds = new ClusterRounds(
    (clusterId) => this.serve(clusterId),
    (err, clusterId) => this.failed(err, clusterId, 'standing intents were not delivered'),
  );

  constructor(
    private readonly registry: SessionRegistry,
    private readonly turnstile: DatabaseTurnstile,
    @Inject(LOGGER) private readonly logger: Logger,
    @Optional() @Inject(StandingPort) private readonly standing?: StandingPort,
  ) {}

  async record({ clusterId, shard }: AgentSession, { version, refusal }: StandingIntentsAck): Promise<void> {
    await this.standing?.answered({ clusterId, shard }, { version, refusal: text(refusal) });
  }

  /** A session is open: what its agent keeps is known, and what it lacks may go. */
  opened(session: AgentSession): void {
    const { clusterId, shard, keptStanding } = session;
    this.dispatch(clusterId);
    this.standing
      ?.kept({ clusterId, shard }, keptStanding)
      .catch((err: unknown) => this.failed(err, clusterId, 'version that an agent keeps was not recorded'));
  }

  /** Sends the set to those of the cluster's sessions here that have another one. */
  dispatch(clusterId: string): void {
    if (this.standing && this.registry.ofCluster(clusterId).length > 0) this.rounds.run(clusterId);
  }

  private async serve(clusterId: string): Promise<void> {
    const { standing } = this;
    const sessions = this.registry.ofCluster(clusterId).filter(({ isOpen }) => isOpen);
    if (!standing || sessions.length === 0) return;
    const highest = sessions.reduce(
      (most, { keptStanding }) => (keptStanding > most ? keptStanding : most),
      0n,
    );
    const held = await standing.held(clusterId);
    const set =
      held && held.version >= highest
        ? held.message
        : await this.turnstile.pass(() => standing.current(clusterId, highest));
    if (!set) return;
    const lacking = sessions.filter((session) => session.sentStanding < set.version);
    // One agent that is slow in reading must not keep the set from the others.
    await Promise.all(lacking.map((session) => session.sendStanding(set)));
    const unnoted = sessions.filter((session) => session.notedStanding < set.version);
    if (unnoted.length === 0) return;
    await standing.sent(
      clusterId,
      unnoted.map(({ shard }) => shard),
      set.version,
    );
    for (const session of unnoted) session.notedStanding = set.version;
  }

  /** What a hub that stops does not write down any more, the next session says again. */
  private failed(err: unknown, clusterId: string, message: string): void {
    if (!(err instanceof WriterStoppedError)) this.logger.error({ err, clusterId }, message);
  }
}
