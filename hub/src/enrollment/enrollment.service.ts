import { timingSafeEqual, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { CertificateStore } from '../clusters/certificate.store.js';
import { refusalOf } from '../clusters/cluster.js';
import type { Cluster } from '../clusters/cluster.js';
import { ClusterStore } from '../clusters/cluster.store.js';
import { SessionControl } from '../clusters/session-control.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { conflict, HubError } from '../platform/errors/hub-error.js';
import { newId } from '../platform/ids.js';
import { CertificateAuthority, publicKeyHash } from './certificate-authority.js';
import type { SignedCertificate } from './certificate-authority.js';
import { verifyCertificateRequest } from './certificate-request.js';
import { decideEnrolment } from './domain/decide-enrolment.js';
import type { EnrolmentDecision, EnrolmentRequest } from './domain/decide-enrolment.js';
import { parseJoinToken } from './domain/join-token.js';
import type { JoinToken } from './domain/join-token.js';
import { parseEnrolmentRequest } from './enrolment-request.schema.js';
import { clusterOfCertificate } from './spiffe-id.js';
import { JoinTokenStore } from './join-token.store.js';
import { hashJoinSecret } from './join-tokens.service.js';

/** What an agent says to become a member. */
export interface EnrolmentApplication extends EnrolmentRequest {
  readonly joinToken: string;
  readonly csr: string;
}

export interface Enrolled {
  readonly clusterId: string;
  readonly certificate: SignedCertificate;
}

const unknownToken = new HubError('Unauthenticated', 'the join token is not known', {
  remedy: 'it may have been deleted or belong to another hub; create one: flotilla token create --join',
});

/** Lets clusters in and gives them their certificates. */
@Injectable()
export class EnrollmentService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clusters: ClusterStore,
    private readonly certificates: CertificateStore,
    private readonly tokens: JoinTokenStore,
    private readonly sessions: SessionControl,
    private readonly authority: CertificateAuthority,
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
    @InjectConfig() private readonly config: HubConfig,
  ) {}

  /** Enrols by join token. Token, cluster, certificate and audit record are one transaction. @throws HubError */
  async enrol(application: EnrolmentApplication): Promise<Enrolled> {
    const secret = parseJoinToken(application.joinToken);
    if (!secret) throw unknownToken;
    const request = parseEnrolmentRequest(application);
    const key = await verifyCertificateRequest(application.csr);
    const keyHash = publicKeyHash(key);
    return this.dataSource.transaction(async (manager) => {
      const token = await this.tokens.lock(manager, secret.id);
      if (!token || !timingSafeEqual(token.secretHash, hashJoinSecret(secret.secret))) throw unknownToken;
      await this.clusters.lockForEnrolment(manager, request.clusterName, request.clusterUid);
      const byName = await this.clusters.findByName(manager, request.clusterName);
      const byUid = await this.clusters.findByUid(manager, request.clusterUid);
      const usedByThisKey =
        byName !== null &&
        (await this.tokens.wasUsed(manager, { tokenId: token.id, clusterId: byName.id, keyHash }));
      const now = this.clock.now();
      const decision = decideEnrolment({ token, request, byName, byUid, usedByThisKey }, now);
      const clusterId = await this.carryOut(manager, decision, request, token, now);
      if (decision.action !== 'repeat')
        await this.tokens.use(manager, { tokenId: token.id, clusterId, keyHash }, now);
      return { clusterId, certificate: await this.issue(manager, clusterId, key, now) };
    });
  }

  /** A further certificate for a member; `serial` is that of the one it holds. @throws HubError */
  async renew(clusterId: string, serial: string, csr: string): Promise<SignedCertificate> {
    const key = await verifyCertificateRequest(csr);
    return this.dataSource.transaction(async (manager) => {
      await this.checkMember(manager, clusterId, serial);
      return this.issue(manager, clusterId, key, this.clock.now());
    });
  }

  /** A certificate for a member whose last one has expired; it proves itself by the key. @throws HubError */
  async reissue(certificateChain: string, csr: string): Promise<SignedCertificate> {
    const last = parseCertificate(certificateChain);
    if (!last || !this.authority.hasSigned(last)) {
      throw new HubError('Unauthenticated', 'the certificate was not issued by this hub', {
        remedy: 'enrol with a join token',
      });
    }
    const key = await verifyCertificateRequest(csr);
    if (!publicKeyHash(key).equals(publicKeyHash(last.publicKey))) {
      throw new HubError(
        'Unauthenticated',
        'the certificate request is not signed with the key of the certificate',
      );
    }
    return this.dataSource.transaction(async (manager) => {
      const serial = last.serialNumber.toUpperCase();
      const clusterId = clusterOfCertificate(last) ?? '';
      await this.checkMember(manager, clusterId, serial);
      return this.issue(manager, clusterId, key, this.clock.now());
    });
  }

  private async checkMember(manager: EntityManager, clusterId: string, serial: string): Promise<void> {
    const cluster = await this.clusters.lock(manager, clusterId);
    const refusal = cluster
      ? (refusalOf(cluster) ??
        ((await this.certificates.clusterOf(manager, serial)) === clusterId
          ? undefined
          : 'the certificate was revoked'))
      : 'the cluster is not a member of the fleet';
    if (refusal) throw new HubError('Forbidden', refusal, { remedy: 'enrol with a new join token' });
  }

  private async carryOut(
    manager: EntityManager,
    decision: EnrolmentDecision,
    request: EnrolmentRequest,
    token: JoinToken,
    now: Date,
  ): Promise<string> {
    if (decision.action === 'refuse') throw refusalError(decision);
    if (decision.action === 'repeat') return decision.cluster.id;
    const id = decision.action === 'create' ? newId() : decision.cluster.id;
    if (decision.action === 'create')
      await this.create(manager, { ...request, id, labels: decision.labels }, now);
    else await this.reenrol(manager, decision.cluster, decision.labels, now);
    await this.audit.record(manager, {
      actor: `join-token:${token.id}`,
      action: decision.action === 'create' ? 'cluster.enrolled' : 'cluster.reenrolled',
      subject: `cluster/${request.clusterName}`,
      details: { clusterId: id, labels: decision.labels, tokenCreatedBy: token.createdBy },
    });
    await this.changes.publish(manager, [
      { topic: 'cluster', clusterId: id, key: request.clusterName, deleted: false },
    ]);
    return id;
  }

  private async create(
    manager: EntityManager,
    cluster: EnrolmentRequest & { id: string },
    now: Date,
  ): Promise<void> {
    const { id, clusterName: name, clusterUid: uid, labels } = cluster;
    const free = { revokedAt: null, revokedReason: null, quarantinedAt: null, quarantineReason: null };
    await this.clusters.insert(manager, { id, name, uid, labels, enrolledAt: now, ...free });
  }

  /** The same cluster with a new key: whoever holds an older one is out. */
  private async reenrol(
    manager: EntityManager,
    cluster: Cluster,
    labels: Cluster['labels'],
    now: Date,
  ): Promise<void> {
    await this.clusters.reenrol(manager, cluster.id, labels, now);
    await this.certificates.revokeAll(manager, cluster.id, now);
    const message = 'the cluster has been enrolled again';
    await this.sessions.send(manager, [{ type: 'cut', clusterId: cluster.id, cause: 'revoked', message }]);
  }

  private async issue(
    manager: EntityManager,
    clusterId: string,
    key: KeyObject,
    now: Date,
  ): Promise<SignedCertificate> {
    const certificate = await this.authority.issueClient(clusterId, key, this.config.certificateTtlMs, now);
    const { serial, notAfter } = certificate;
    await this.certificates.insert(manager, { serial, clusterId, issuedAt: now, notAfter });
    return certificate;
  }
}

function refusalError({
  refusal,
  message,
  remedy,
}: Extract<EnrolmentDecision, { action: 'refuse' }>): HubError {
  return refusal === 'taken' ? conflict(message, { remedy }) : new HubError('Forbidden', message, { remedy });
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
