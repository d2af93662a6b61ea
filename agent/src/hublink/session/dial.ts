import { type ChannelOptions, credentials } from '@grpc/grpc-js';
import { AgentServiceClient } from '@flotilla/proto/flotilla/v1/agent';
import type { Identity } from '../identity/identity.js';

/** Dead connections are found in half a minute; streams are never retried by gRPC itself, the link does that. */
const channelOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.enable_retries': 0,
  // More standing intents than a cluster can keep are refused with a reason, not by a broken stream.
  'grpc.max_receive_message_length': 32 * 1024 * 1024,
};

/** A client of the hub's agent port with the certificate of this cluster. Close it after use. */
export function dial(address: string, identity: Identity): AgentServiceClient {
  const tls = credentials.createSsl(
    Buffer.from(identity.caBundle),
    Buffer.from(identity.privateKey),
    Buffer.from(identity.certificateChain),
  );
  return new AgentServiceClient(address, tls, channelOptions);
}
