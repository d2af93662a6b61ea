/** What an agent proves itself with. All PEM. */
export interface Identity {
  clusterId: string;
  /** PKCS#8; made by the agent, and it never leaves the cluster. */
  privateKey: string;
  /** Leaf first. */
  certificateChain: string;
  caBundle: string;
  /** host:port that the hub named at enrolment; empty = the agent's own setting. */
  agentEndpoint: string;
}

/** What an identity store holds: nothing, a key that waits for its first certificate, or a whole identity. */
export interface StoredIdentity {
  /** Kept before enrolment, so that an enrolment whose answer was lost can be repeated with the same key. */
  privateKey?: string;
  identity?: Identity;
}

/** Where an identity outlives the process. */
export interface IdentityStore {
  load(signal: AbortSignal): Promise<StoredIdentity>;
  saveKey(privateKey: string, signal: AbortSignal): Promise<void>;
  save(identity: Identity, signal: AbortSignal): Promise<void>;
}
