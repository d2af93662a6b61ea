import { status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import type { AgentServiceClient } from '@flotilla/proto/flotilla/v1/agent';
import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import { saidBy } from '../session/unreachable.js';
import { createPrivateKey } from './certificate-request.js';
import { enroll, reissue } from './enroll.js';
import type { Identity, IdentityStore } from './identity.js';
import { renewCertificate } from './renew-certificate.js';
import { isExpired, renewalTimeMs } from './renewal.js';

const renewRetryMs = 60_000;

export interface IdentityKeeperOptions {
  /** host:port of the hub's enrolment port. */
  enrollAddress: string;
  joinToken: string | undefined;
  clusterName: string;
  labels: Readonly<Record<string, string>>;
  /** uid of the namespace kube-system. */
  clusterUid: string;
  identityStore: IdentityStore;
  clock: Clock;
  logger: Logger;
}

/** Thrown when the agent cannot become a member of the fleet without a person's help. */
export class EnrollmentError extends Error {
  override readonly name = 'EnrollmentError';
}

/** True when the hub knows who asks and says no: only a person can change that. */
export function isRefusal(error: unknown): boolean {
  const { code } = error as Partial<ServiceError>;
  return code === GrpcStatus.PERMISSION_DENIED || code === GrpcStatus.UNAUTHENTICATED;
}

/** Gets this cluster an identity, keeps it in the store, and renews it in time. */
export class IdentityKeeper {
  readonly #options: IdentityKeeperOptions;

  constructor(options: IdentityKeeperOptions) {
    this.#options = options;
  }

  /** A certificate that is good now; enrols where there is none. @throws EnrollmentError, UntrustedHubError, ServiceError */
  async current(signal: AbortSignal): Promise<Identity> {
    const { identityStore, clock } = this.#options;
    const { identity, privateKey } = await identityStore.load(signal);
    if (!identity) return this.#enroll(privateKey, signal);
    return isExpired(identity.certificateChain, clock.now()) ? this.#reissue(identity, signal) : identity;
  }

  /**
   * Renews the certificate of an open connection when its time has come, again and again until it succeeds.
   * `renewed` is called once a new one is in the store. Returns a function that stops it.
   */
  renewInTime(
    client: AgentServiceClient,
    identity: Identity,
    signal: AbortSignal,
    renewed: () => void,
  ): () => void {
    const { clock, identityStore, logger, clusterName } = this.#options;
    let cancel: (() => void) | undefined;
    const attempt = async (): Promise<void> => {
      try {
        await identityStore.save(await renewCertificate(client, identity, clusterName), signal);
        logger.info({}, 'renewed the certificate for the hub');
        renewed();
      } catch (error) {
        if (cancel) cancel = clock.schedule(renewRetryMs, () => void attempt());
        logger.error(
          { error: saidBy(error) },
          'cannot renew the certificate for the hub; trying again in a minute',
        );
      }
    };
    const dueMs = renewalTimeMs(identity.certificateChain) - clock.now();
    cancel = clock.schedule(Math.max(0, dueMs), () => void attempt());
    return () => {
      cancel?.();
      cancel = undefined;
    };
  }

  /** Forgets a revoked identity; the next one gets a new key, if the join token still lets this cluster in. */
  async forget(identity: Identity): Promise<void> {
    const privateKey = await createPrivateKey();
    await this.#options.identityStore.save(
      { ...identity, privateKey, certificateChain: '', caBundle: '' },
      AbortSignal.timeout(10_000),
    );
  }

  async #reissue(expired: Identity, signal: AbortSignal): Promise<Identity> {
    const { enrollAddress, clusterName, joinToken, identityStore, logger } = this.#options;
    try {
      const identity = await reissue(enrollAddress, clusterName, expired);
      await identityStore.save(identity, signal);
      logger.info({}, 'got a new certificate for the hub in the place of an expired one');
      return identity;
    } catch (error) {
      // A hub that is away has not said no: the join token is used up, and would get a no.
      if (!joinToken || !isRefusal(error)) throw error;
      logger.info(
        { error: saidBy(error) },
        'the hub does not reissue the expired certificate; enrolling again',
      );
      return this.#enroll(expired.privateKey, signal);
    }
  }

  async #enroll(existingKey: string | undefined, signal: AbortSignal): Promise<Identity> {
    const { identityStore, joinToken, enrollAddress, clusterName, labels, clusterUid, logger } =
      this.#options;
    if (!joinToken) {
      throw new EnrollmentError(
        'this cluster is not enrolled and has no join token; create one with "flotilla token create --join" and give it by --join-token',
      );
    }
    const privateKey = existingKey ?? (await createPrivateKey());
    if (!existingKey) await identityStore.saveKey(privateKey, signal);
    const identity = await enroll({
      address: enrollAddress,
      joinToken,
      clusterName,
      labels,
      clusterUid,
      privateKey,
    });
    await identityStore.save(identity, signal);
    logger.info({ cluster: clusterName, clusterId: identity.clusterId }, 'enrolled with the hub');
    return identity;
  }
}
