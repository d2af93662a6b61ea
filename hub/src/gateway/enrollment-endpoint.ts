import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type {
  EnrollmentServiceServer,
  EnrollRequest,
  EnrollResponse,
  ReissueRequest,
  ReissueResponse,
} from '@flotilla/proto/flotilla/v1/enrollment';
import { FailureLimit } from '../auth/domain/failure-limit.js';
import { CertificateAuthority } from '../enrollment/certificate-authority.js';
import { EnrollmentService } from '../enrollment/enrollment.service.js';
import { Clock } from '../platform/clock.js';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { describeError } from '../platform/errors/describe-error.js';
import { HubError } from '../platform/errors/hub-error.js';
import { newId } from '../platform/ids.js';
import { LOGGER } from '../platform/logging/logger.js';
import { Turnstile } from '../platform/turnstile.js';
import { grpcError } from './grpc-error.js';

/** A fleet behind one address may make mistakes without locking itself out for long. */
const failureLimit = { failures: 30, windowMs: 60_000, addresses: 10_000 };

/** A fleet that enrols at once must not take the connections that its sessions and people need. */
const shareOfPool = 1 / 3;

/**
 * Agents give up after 15 s. One that has waited for longer than this is sent away at once: work for those who are about
 * to leave would be in vain, and all the others would wait for it until they leave, too.
 */
const longestWaitMs = 7_000;

const crowded = new HubError('Unavailable', 'too many clusters enrol at the same time', {
  remedy: 'nothing: the agent tries again by itself',
});

/** EnrollmentService, for agents that have no certificate yet, or only an expired one. */
@Injectable()
export class EnrollmentEndpoint {
  private readonly failures = new FailureLimit(failureLimit);
  private readonly turnstile: Turnstile;

  constructor(
    private readonly enrollment: EnrollmentService,
    private readonly authority: CertificateAuthority,
    private readonly clock: Clock,
    @InjectConfig() private readonly config: HubConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.turnstile = new Turnstile(Math.max(1, Math.floor(config.databasePool * shareOfPool)));
  }

  /** What the gRPC server calls. */
  get handlers(): EnrollmentServiceServer {
    return {
      enroll: (call, callback) => void this.answer(call, callback, () => this.enroll(call.request)),
      reissue: (call, callback) => void this.answer(call, callback, () => this.reissue(call.request)),
    };
  }

  private async enroll(request: EnrollRequest): Promise<EnrollResponse> {
    const { clusterId, certificate } = await this.enrollment.enrol(request);
    this.logger.info({ cluster: request.clusterName, clusterId }, 'cluster enrolled');
    return {
      clusterId,
      certificateChain: certificate.certificateChain,
      caBundle: this.authority.bundle,
      agentEndpoint: this.config.publicEndpoint ?? '',
    };
  }

  private async reissue({ certificateChain, csr }: ReissueRequest): Promise<ReissueResponse> {
    const certificate = await this.enrollment.reissue(certificateChain, csr);
    return { certificateChain: certificate.certificateChain, caBundle: this.authority.bundle };
  }

  /** Counts failures by address, so that nobody can try secrets, or keep the hub busy with it. */
  private async answer<Request, Response>(
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
    work: () => Promise<Response>,
  ): Promise<void> {
    const address = call.getPeer().replace(/:\d+$/, '');
    try {
      this.checkLimit(address);
      callback(null, await this.inTurn(work));
    } catch (thrown) {
      const error = describeError(thrown);
      const id = newId();
      if (error.code !== 'Unavailable' && error.code !== 'TooManyRequests')
        this.failures.recordFailure(address, this.clock.now());
      this.logger.warn(
        { id, address, code: error.code, reason: error.message, err: error.cause },
        'enrolment refused',
      );
      callback(grpcError(error, id));
    }
  }

  private async inTurn<Response>(work: () => Promise<Response>): Promise<Response> {
    const cameAt = this.clock.now().getTime();
    return this.turnstile.pass(async () => {
      if (this.clock.now().getTime() - cameAt > longestWaitMs) throw crowded;
      return work();
    });
  }

  private checkLimit(address: string): void {
    const waitMs = this.failures.waitMs(address, this.clock.now());
    if (waitMs <= 0) return;
    throw new HubError('TooManyRequests', `too many failed enrolments from ${address}`, {
      remedy: `wait ${Math.ceil(waitMs / 1000)} s`,
    });
  }
}
