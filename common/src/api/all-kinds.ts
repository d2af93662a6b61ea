import { gitRepositoryDefinition } from './git-repository.js';
import type { KindDefinition } from './kind-definition.js';
import { kustomizationDefinition } from './kustomization.js';

/** Every kind that the agent reconciles, in the order in which `flotilla-agent crds` prints them. */
export const allKinds: readonly KindDefinition[] = [gitRepositoryDefinition, kustomizationDefinition];
