import { Metadata } from '@grpc/grpc-js';
import type { AgentServiceClient, RenewCertificateResponse } from '@flotilla/proto/flotilla/v1/agent';
import { createCertificateRequest, createPrivateKey } from './certificate-request.js';
import type { Identity } from './identity.js';

const timeoutMs = 15_000;

/** A new key and certificate for the identity of an open connection. */
export async function renewCertificate(
  client: AgentServiceClient,
  identity: Identity,
  commonName: string,
): Promise<Identity> {
  const privateKey = await createPrivateKey();
  const csr = await createCertificateRequest(privateKey, commonName);
  const response = await new Promise<RenewCertificateResponse>((resolve, reject) => {
    client.renewCertificate({ csr }, new Metadata(), { deadline: Date.now() + timeoutMs }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });
  return {
    ...identity,
    privateKey,
    certificateChain: response.certificateChain,
    caBundle: response.caBundle || identity.caBundle,
  };
}
