import { credentials, Metadata } from '@grpc/grpc-js';
import { EnrollmentServiceClient, type EnrollResponse } from '@flotilla/proto/flotilla/v1/enrollment';
import { createCertificateRequest } from './certificate-request.js';
import type { Identity } from './identity.js';
import { parseAddress } from '../session/address.js';
import { pinOf } from './join-token.js';
import { caByPin } from './trust-by-pin.js';

const timeoutMs = 15_000;

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

/** Gets this cluster its first certificate. @throws UntrustedHubError, InvalidJoinTokenError, a gRPC ServiceError */
export async function enroll(options: EnrollOptions): Promise<Identity> {
  const { host, port } = parseAddress(options.address);
  const ca = await caByPin({ host, port, pin: pinOf(options.joinToken), timeoutMs });
  const csr = await createCertificateRequest(options.privateKey, options.clusterName);
  const client = new EnrollmentServiceClient(options.address, credentials.createSsl(Buffer.from(ca)));
  try {
    const response = await new Promise<EnrollResponse>((resolve, reject) => {
      client.enroll(
        {
          joinToken: options.joinToken.trim(),
          csr,
          clusterName: options.clusterName,
          labels: { ...options.labels },
          clusterUid: options.clusterUid,
        },
        new Metadata(),
        { deadline: Date.now() + timeoutMs },
        (error, answer) => (error ? reject(error) : resolve(answer)),
      );
    });
    return {
      clusterId: response.clusterId,
      privateKey: options.privateKey,
      certificateChain: response.certificateChain,
      caBundle: response.caBundle,
      agentEndpoint: response.agentEndpoint,
    };
  } finally {
    client.close();
  }
}
