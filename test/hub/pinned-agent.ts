// An agent on the real protocol that does as it is told: it keeps the pins of the hub, and its objects move to them.
import { setTimeout as sleep } from 'node:timers/promises';
import { SourceGate_State } from '@flotilla/proto/flotilla/v1/state';
import type { StandingIntents } from '@flotilla/proto/flotilla/v1/standing';
import { TestSession } from './gateway-agent.js';
import type { Member } from './gateway-agent.js';
import { gitRepository, kustomization, revisionOf } from './api-seed.js';
import { TestTable } from './gateway-table.js';

export interface PinnedAgentOptions {
  readonly address: string;
  readonly member: Member;
  /** Commit that it has at first. */
  readonly commit: string;
  /** How long its workload takes. */
  readonly workMs: number;
}

const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };
/** Whoever it was: agents tell of what they have fetched. */
const revisionAuthor = 'Dev <dev@example.test>';

export class PinnedAgent {
  readonly table = new TestTable();
  /** Every revision that it has moved to, in order. */
  readonly moves: string[] = [];
  private version = 0n;
  private pin: { readonly id: string; readonly revision: string } | undefined;
  private session: TestSession | undefined;
  private stopped = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: PinnedAgentOptions) {
    this.table.set(gitRepository(options.commit, { revisionAuthor }), kustomization('apps', options.commit));
  }

  /** Connects, and again whenever the hub is gone, until it is stopped. */
  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.session?.close();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.open();
      } catch {
        // The hub is away.
      }
      this.session?.close();
      if (!this.stopped) await sleep(200);
    }
  }

  /** What has changed while the hub was away goes with the first delta; a hub that knows nothing asks for all. */
  private async open(): Promise<void> {
    const { address, member } = this.options;
    const session = new TestSession(address, member);
    this.session = undefined;
    session.send(this.table.hello({ standingVersion: this.version }));
    const { acknowledgedSequence } = await session.next('welcome');
    if (acknowledgedSequence > 0n && acknowledgedSequence !== this.table.sequence)
      session.send(this.table.delta([...this.table.rows.values()], []));
    this.session = session;
    await this.serve(session);
  }

  private async serve(session: TestSession): Promise<void> {
    let beat = performance.now();
    while (!session.ended && !this.stopped) {
      for (let answer = session.answers.shift(); answer; answer = session.answers.shift())
        if (answer.$case === 'standingIntents') this.take(session, answer.value);
        else if (answer.$case === 'snapshotRequest')
          for (const part of this.table.snapshot()) session.send(part);
      if (performance.now() - beat > 1_000) {
        session.send(this.table.heartbeat());
        beat = performance.now();
      }
      await sleep(20);
    }
  }

  private take(session: TestSession, { version, pins }: StandingIntents): void {
    this.version = version;
    session.send({ $case: 'standingIntentsAck', value: { version, refusal: '' } });
    const pin = pins.find(({ source: ref }) => ref?.name === source.name);
    const before = this.pin?.revision ?? revisionOf(this.options.commit);
    this.pin = pin && { id: pin.id, revision: pin.revision };
    if (pin && pin.revision !== before) void this.moveTo(pin.id, pin.revision);
  }

  /** The source first, then what is built from it, as controllers do. */
  private async moveTo(id: string, revision: string): Promise<void> {
    this.moves.push(revision);
    const gate = {
      state: SourceGate_State.STATE_PINNED,
      mode: 'preferred',
      newestRevision: revision,
      pinnedRevision: revision,
      pinId: id,
      message: '',
    };
    await sleep(this.options.workMs / 2);
    this.report(gitRepository('0', { revision, revisionAuthor, gate, changedAt: new Date() }));
    await sleep(this.options.workMs / 2);
    this.report(kustomization('apps', '0', { revision, attemptedRevision: revision, changedAt: new Date() }));
  }

  /** What cannot be sent now stands in the table, which the hub asks for when it is back. */
  private report(state: ReturnType<typeof kustomization>): void {
    const delta = this.table.set(state);
    if (this.session && !this.session.ended) this.session.send(delta);
  }
}
