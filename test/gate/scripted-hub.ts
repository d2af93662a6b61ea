// The hub's end of the link, spoken by hand over real mutual TLS: it takes the state, and gives what a test tells it to.
import { randomUUID } from 'node:crypto';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { AgentServiceService } from '@flotilla/proto/flotilla/v1/agent';
import type { Hello, SessionRequest, SessionResponse } from '@flotilla/proto/flotilla/v1/agent';
import type { ObjectRef, ObjectState } from '@flotilla/proto/flotilla/v1/state';
import type {
  Freeze,
  Pin,
  StandingIntents,
  StandingIntentsAck,
  Veto,
} from '@flotilla/proto/flotilla/v1/standing';
import type { CertificateAuthority } from '../servers/certificates.js';
import { freePort } from '../servers/ports.js';
import { waitFor } from '../servers/wait-for.js';

type Stream = ServerDuplexStream<SessionRequest, SessionResponse>;

export interface StandingParts {
  readonly pins?: readonly Pin[];
  readonly freezes?: readonly Freeze[];
  readonly vetoes?: readonly Veto[];
}

export class ScriptedHub {
  readonly hellos: Hello[] = [];
  readonly acks: StandingIntentsAck[] = [];
  readonly rows = new Map<string, ObjectState>();
  standing: StandingIntents = { version: 0n, pins: [], freezes: [], vetoes: [] };
  #server: Server | undefined;
  readonly #streams = new Set<Stream>();

  private constructor(
    readonly port: number,
    readonly credentials: ServerCredentials,
  ) {}

  static async start(authority: CertificateAuthority): Promise<ScriptedHub> {
    const { cert, key } = await authority.issue('hub');
    const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
    const hub = new ScriptedHub(
      await freePort(),
      ServerCredentials.createSsl(Buffer.from(authority.cert), [pair], true),
    );
    await hub.appear();
    return hub;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Comes (back) at the same address. */
  async appear(): Promise<void> {
    const server = new Server();
    server.addService(AgentServiceService, {
      session: (stream: Stream) => this.#serve(stream),
      renewCertificate: (_call: unknown, answer: (error: Error) => void) => answer(new Error('not here')),
    });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(this.address, this.credentials, (error) => (error ? reject(error) : resolve()));
    });
    this.#server = server;
  }

  /** Is gone: connections are cut, and new ones refused. */
  vanish(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#streams.clear();
  }

  /** Replaces the whole set; gives its version. */
  ask(parts: StandingParts, version = this.standing.version + 1n): bigint {
    const { pins = [], freezes = [], vetoes = [] } = parts;
    this.standing = { version, pins: [...pins], freezes: [...freezes], vetoes: [...vetoes] };
    for (const stream of this.#streams) this.#send(stream);
    return version;
  }

  /** The same, and waits until the agent has answered. */
  async asked(parts: StandingParts, version?: bigint): Promise<StandingIntentsAck> {
    const wanted = this.ask(parts, version);
    return waitFor(`an answer to version ${wanted}`, () => this.acks.find((ack) => ack.version === wanted));
  }

  /** What the agent reports of a GitRepository. */
  row(name: string): ObjectState | undefined {
    return [...this.rows.values()].find(({ ref }) => ref?.kind === 'GitRepository' && ref.name === name);
  }

  #serve(stream: Stream): void {
    stream.on('data', ({ message }: SessionRequest) => this.#take(stream, message));
    stream.on('error', () => this.#streams.delete(stream));
    stream.on('end', () => {
      this.#streams.delete(stream);
      stream.end();
    });
  }

  #take(stream: Stream, message: SessionRequest['message']): void {
    switch (message?.$case) {
      case 'hello':
        this.#welcome(stream, message.value);
        return;
      case 'snapshot':
        if (message.value.part === 0) this.rows.clear();
        this.#upsert(message.value.objects);
        if (message.value.last)
          stream.write({ message: { $case: 'stateAck', value: { sequence: message.value.sequence } } });
        return;
      case 'delta':
        this.#upsert(message.value.upserts);
        for (const ref of message.value.deletes) this.rows.delete(keyOf(ref));
        stream.write({ message: { $case: 'stateAck', value: { sequence: message.value.sequence } } });
        return;
      case 'records': {
        const sequence = message.value.records.at(-1)?.sequence ?? 0n;
        stream.write({ message: { $case: 'recordAck', value: { sequence } } });
        return;
      }
      case 'standingIntentsAck':
        this.acks.push(message.value);
    }
  }

  #welcome(stream: Stream, hello: Hello): void {
    this.hellos.push(hello);
    const welcome = {
      clusterId: 'c-1',
      clusterName: 'gated',
      acknowledgedSequence: 0n,
      acknowledgedRecord: 0n,
      heartbeatSeconds: 5,
      protocolVersion: 1,
    };
    stream.write({ message: { $case: 'welcome', value: welcome } });
    stream.write({ message: { $case: 'snapshotRequest', value: { reason: 'test' } } });
    this.#streams.add(stream);
    if (hello.standingVersion !== this.standing.version) this.#send(stream);
  }

  #send(stream: Stream): void {
    stream.write({ message: { $case: 'standingIntents', value: this.standing } });
  }

  #upsert(states: readonly ObjectState[]): void {
    for (const state of states) if (state.ref) this.rows.set(keyOf(state.ref), state);
  }
}

/** A pin as a rollout makes one. */
export function pinOf(name: string, revision: string, over: Partial<Pin> = {}): Pin {
  const source = sourceOf(name);
  return {
    id: randomUUID(),
    source,
    revision,
    reason: 'release web-1',
    requestedBy: 'ada',
    breakGlass: false,
    ...over,
  };
}

export function freezeOf(over: Partial<Freeze> = {}): Freeze {
  return { id: randomUUID(), reason: 'end of year', requestedBy: 'ada', ...over };
}

export function sourceOf(name: string): ObjectRef {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    namespace: 'flux-system',
    name,
  };
}

function keyOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace}/${name}`;
}
