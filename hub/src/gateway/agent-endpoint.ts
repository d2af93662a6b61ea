import { status } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type {
  AgentServiceServer,
  RenewCertificateRequest,
  RenewCertificateResponse,
  SessionRequest,
  SessionResponse,
} from '@flotilla/proto/flotilla/v1/agent';
import { CertificateAuthority } from '../enrollment/certificate-authority.js';
import { EnrollmentService } from '../enrollment/enrollment.service.js';
import { RecordWriter } from '../objects/record-writer.js';
import { StateWriter } from '../objects/state-writer.js';
import { Clock } from '../platform/clock.js';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { WriterStoppedError } from '../platform/database/group-commit.js';
import { describeError } from '../platform/errors/describe-error.js';
import { newId } from '../platform/ids.js';
import { LOGGER } from '../platform/logging/logger.js';
import { AgentSession } from './agent-session.js';
import type { SessionParts } from './agent-session.js';
import { grpcError } from './grpc-error.js';
import { IntentDispatcher } from './intent-dispatcher.js';
import { peerIdentity } from './peer-identity.js';
import { QuestionDispatcher } from './question-dispatcher.js';
import { SessionOpening } from './session-opening.js';
import { SessionRelease } from './session-release.js';
import { SessionRegistry } from './session-registry.js';
import { SessionStream } from './session-stream.js';
import { StandingDispatcher } from './standing-dispatcher.js';

/** AgentService, for agents with a certificate. */
@Injectable()
export class AgentEndpoint {
  private readonly parts: SessionParts;

  constructor(
    private readonly registry: SessionRegistry,
    private readonly releases: SessionRelease,
    private readonly enrollment: EnrollmentService,
    private readonly authority: CertificateAuthority,
    @Inject(LOGGER) private readonly logger: Logger,
    opening: SessionOpening,
    states: StateWriter,
    records: RecordWriter,
    intents: IntentDispatcher,
    standing: StandingDispatcher,
    questions: QuestionDispatcher,
    clock: Clock,
    @InjectConfig() config: HubConfig,
  ) {
    this.parts = {
      open: (request) => opening.open(request),
      writeState: (message) => states.submit(message),
      writeRecords: (message) => records.submit(message),
      recordResult: (clusterId, result, at) => intents.record(clusterId, result, at),
      recordStandingAnswer: (session, answer) => standing.record(session, answer),
      recordAnswer: (clusterId, answer, at) => questions.record(clusterId, answer, at),
      onOpened: (session) => {
        standing.opened(session);
        intents.dispatch(session.clusterId);
        questions.dispatch(session.clusterId);
      },
      clock,
      logger,
      heartbeatSeconds: Math.round(config.heartbeatMs / 1000),
    };
  }

  /** What the gRPC server calls. */
  get handlers(): AgentServiceServer {
    return {
      session: (call) => this.session(call),
      renewCertificate: (call, callback) => void this.renew(call, callback),
    };
  }

  private session(call: ServerDuplexStream<SessionRequest, SessionResponse>): void {
    const peer = peerIdentity(call);
    if (!peer) {
      call.emit('error', { code: status.UNAUTHENTICATED, details: 'the certificate is none of a cluster' });
      return;
    }
    const stream = new SessionStream(call, (message) => session.handle(message));
    const session: AgentSession = new AgentSession(newId(), peer, stream, this.parts);
    this.registry.add(session);
    void stream.closed().then(() => this.release(session));
  }

  /** Frees the session in the database; a hub that is killed leaves that to the other replicas. */
  private async release(session: AgentSession): Promise<void> {
    this.registry.remove(session);
    await session.idle();
    try {
      await this.releases.release(session.id);
    } catch (err) {
      // A hub that stops has released all of its sessions already.
      if (err instanceof WriterStoppedError) return;
      this.logger.warn({ err, clusterId: session.clusterId }, 'ended session was not released');
    }
  }

  private async renew(
    call: ServerUnaryCall<RenewCertificateRequest, RenewCertificateResponse>,
    callback: sendUnaryData<RenewCertificateResponse>,
  ): Promise<void> {
    const peer = peerIdentity(call);
    try {
      const certificate = await this.enrollment.renew(
        peer?.clusterId ?? '',
        peer?.serial ?? '',
        call.request.csr,
      );
      callback(null, { certificateChain: certificate.certificateChain, caBundle: this.authority.bundle });
    } catch (thrown) {
      const error = describeError(thrown);
      const id = newId();
      this.logger.warn(
        { id, clusterId: peer?.clusterId, reason: error.message, err: error.cause },
        'certificate was not renewed',
      );
      callback(grpcError(error, id));
    }
  }
}
