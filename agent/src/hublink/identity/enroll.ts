import { credentials } from '@grpc/grpc-js';
import { EnrollmentServiceClient } from '@flotilla/proto/flotilla/v1/enrollment';
import { parseAddress } from '../session/address.js';
import { asUnreachable } from '../session/unreachable.js';
import { createCertificateRequest } from './certificate-request.js';
import type { Identity } from './identity.js';
import { pinOf } from './join-token.js';
import { caByPin } from './trust-by-pin.js';
import { unaryCall } from './unary-call.js';

const lookTimeoutMs = 15_000;

export interface EnrollOptions {
  /** host:port of the hub's enrolment port. */
  address: string;
  joinToken: string;
  clusterName: string;
  labels: Readonly<Record<string, string>>;
  /** uid of the namespace kube-system. */
  clusterUid: string;
  /** PKCS#8, PEM. The same key again when an earlier try may have succeeded without an answer. */
  privateKey: string;
}

/** Gets this cluster its first certificate. @throws UntrustedHubError, InvalidJoinTokenError, HubUnreachableError, ServiceError */
export async function enroll(options: EnrollOptions): Promise<Identity> {
  const { address, joinToken, clusterName, labels, clusterUid, privateKey } = options;
  const { host, port } = parseAddress(address);
  const ca = await caByPin({ host, port, pin: pinOf(joinToken), timeoutMs: lookTimeoutMs });
  const csr = await createCertificateRequest(privateKey, clusterName);
  return withClient(address, ca, async (client) => {
    const answer = await unaryCall(client.enroll.bind(client), {
      joinToken: joinToken.trim(),
      csr,
      clusterName,
      labels: { ...labels },
      clusterUid,
    });
    const { clusterId, certificateChain, caBundle, agentEndpoint } = answer;
    return { privateKey, clusterId, certificateChain, caBundle, agentEndpoint };
  });
}

/** A new certificate for the key of an expired one: an agent that was away for long needs no new join token. @throws ServiceError */
export async function reissue(address: string, clusterName: string, identity: Identity): Promise<Identity> {
  const csr = await createCertificateRequest(identity.privateKey, clusterName);
  return withClient(address, identity.caBundle, async (client) => {
    const { certificateChain } = identity;
    const answer = await unaryCall(client.reissue.bind(client), { certificateChain, csr });
    return {
      ...identity,
      certificateChain: answer.certificateChain,
      caBundle: answer.caBundle || identity.caBundle,
    };
  });
}

async function withClient<T>(
  address: string,
  ca: string,
  use: (client: EnrollmentServiceClient) => Promise<T>,
): Promise<T> {
  const client = new EnrollmentServiceClient(address, credentials.createSsl(Buffer.from(ca)));
  try {
    return await use(client);
  } catch (error) {
    throw asUnreachable(error, address);
  } finally {
    client.close();
  }
}
