import { gitRepositoryKind } from './git-repository.js';
import type { AgentKind } from './kind.js';
import { kustomizationKind } from './kustomization.js';

/** Every kind that this agent reconciles. A new one is a folder, a file beside this one, and a line here. */
export const agentKinds: readonly AgentKind[] = [gitRepositoryKind, kustomizationKind];
