import type { AgentServiceClient } from '@flotilla/proto/flotilla/v1/agent';
import { createCertificateRequest, createPrivateKey } from './certificate-request.js';
import type { Identity } from './identity.js';
import { unaryCall } from './unary-call.js';

/** A new key and certificate for the identity of an open connection. @throws ServiceError */
export async function renewCertificate(
  client: AgentServiceClient,
  identity: Identity,
  clusterName: string,
): Promise<Identity> {
  const privateKey = await createPrivateKey();
  const csr = await createCertificateRequest(privateKey, clusterName);
  const answer = await unaryCall(client.renewCertificate.bind(client), { csr });
  return {
    ...identity,
    privateKey,
    certificateChain: answer.certificateChain,
    caBundle: answer.caBundle || identity.caBundle,
  };
}
