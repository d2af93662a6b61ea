import type { Values } from '@flotilla/common/flags/flag';
import { clusterFlags } from './cluster-flags.js';
import { helmFlags } from './helm-flags.js';
import { hubFlags } from './hub-flags.js';
import { kubeconfigFlags } from './kubeconfig-flags.js';
import { processFlags } from './process-flags.js';
import { reconcileFlags } from './reconcile-flags.js';
import { storageFlags } from './storage-flags.js';

/** Environment variables of flags: FLOTILLA_AGENT_<FLAG>. */
export const agentPrefix = 'FLOTILLA_AGENT';

/** Every setting of the agent, in the order of the help. Names are those of Flux where Flux has the flag (flux-compat 8.1). */
export const agentFlags = {
  ...clusterFlags,
  ...hubFlags,
  ...reconcileFlags,
  ...kubeconfigFlags,
  ...storageFlags,
  ...helmFlags,
  ...processFlags,
} as const;

/** The settings of one agent process, checked. */
export type AgentConfig = Values<typeof agentFlags>;
