import { hostname } from 'node:os';
import { Server } from '@grpc/grpc-js';
import type { ServerCredentials, ServerOptions } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { AgentServiceService } from '@flotilla/proto/flotilla/v1/agent';
import { EnrollmentServiceService } from '@flotilla/proto/flotilla/v1/enrollment';
import { CertificateAuthority } from '../enrollment/certificate-authority.js';
import type { KeyPair } from '../enrollment/certificate-authority.js';
import { Clock } from '../platform/clock.js';
import { cannotListen } from '@flotilla/common/flags/cannot-listen';
import { formatAddress } from '@flotilla/common/flags/flag-schemas';
import type { ListenAddress } from '@flotilla/common/flags/flag-schemas';
import { listenHost } from '../platform/config/listen-host.js';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { AgentEndpoint } from './agent-endpoint.js';
import { EnrollmentEndpoint } from './enrollment-endpoint.js';
import { RotatingServerCredentials } from './server-credentials.js';

const serverCertificateTtlMs = 90 * 86_400_000;
const rotateEveryMs = 20 * 86_400_000;
const stopMs = 5_000;

const options: ServerOptions = {
  // A connection that is dead without having said so is found within half a minute.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': 32 * 1024 * 1024,
  'grpc.max_send_message_length': 4 * 1024 * 1024,
};

/** Where the hub listens for agents. */
export interface ListenerAddresses {
  /** host:port of AgentService. */
  readonly agents: string;
  /** host:port of EnrollmentService. */
  readonly enrolment: string;
}

/** The two gRPC servers and their certificate. */
@Injectable()
export class Listeners {
  private readonly agentServer = new Server(options);
  private readonly enrolmentServer = new Server({
    ...options,
    'grpc.max_receive_message_length': 256 * 1024,
  });
  private rotation: NodeJS.Timeout | undefined;
  private bound: ListenerAddresses | undefined;

  constructor(
    private readonly authority: CertificateAuthority,
    private readonly agents: AgentEndpoint,
    private readonly enrolment: EnrollmentEndpoint,
    private readonly clock: Clock,
    @InjectConfig() private readonly config: HubConfig,
  ) {}

  get addresses(): ListenerAddresses {
    if (!this.bound) throw new Error('the hub does not listen yet');
    return this.bound;
  }

  async start(): Promise<void> {
    const certificate = await this.issue();
    const forAgents = new RotatingServerCredentials(certificate, this.authority.bundle);
    const forEnrolment = new RotatingServerCredentials(certificate, undefined);
    this.agentServer.addService(AgentServiceService, { ...this.agents.handlers });
    this.enrolmentServer.addService(EnrollmentServiceService, { ...this.enrolment.handlers });
    this.bound = {
      agents: await bind(this.agentServer, '--grpc-addr', this.config.grpcAddr, forAgents),
      enrolment: await bind(this.enrolmentServer, '--enroll-addr', this.config.enrollAddr, forEnrolment),
    };
    this.rotation = setInterval(() => {
      void this.issue().then((next) =>
        [forAgents, forEnrolment].forEach((credentials) => credentials.replace(next)),
      );
    }, rotateEveryMs);
    this.rotation.unref();
  }

  /** Lets calls finish for a moment, then ends them. */
  async stop(): Promise<void> {
    clearInterval(this.rotation);
    await Promise.all([this.agentServer, this.enrolmentServer].map(shutDown));
  }

  private async issue(): Promise<KeyPair> {
    return this.authority.issueServer(serverNames(this.config), serverCertificateTtlMs, this.clock.now());
  }
}

/** Every name under which an agent may dial this hub. */
export function serverNames(
  config: Pick<HubConfig, 'publicEndpoint' | 'tlsNames' | 'grpcAddr' | 'enrollAddr'>,
): readonly string[] {
  const endpoint = config.publicEndpoint?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const hosts = [config.grpcAddr.host, config.enrollAddr.host].filter(
    (host) => host !== '' && host !== '0.0.0.0' && host !== '::',
  );
  const names = [
    'localhost',
    '127.0.0.1',
    '::1',
    hostname(),
    ...(endpoint ? [endpoint] : []),
    ...config.tlsNames,
    ...hosts,
  ];
  return [...new Set(names)];
}

async function bind(
  server: Server,
  flag: string,
  wanted: ListenAddress,
  credentials: ServerCredentials,
): Promise<string> {
  const address = formatAddress({ host: listenHost(wanted), port: wanted.port });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error) reject(cannotListen(flag, address, error));
      else resolve(bound);
    });
  });
  return formatAddress({ host: wanted.host === '' ? '127.0.0.1' : wanted.host, port });
}

async function shutDown(server: Server): Promise<void> {
  const timer = setTimeout(() => server.forceShutdown(), stopMs);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(timer);
}
