import type { z } from 'zod';

/**
 * The gates that change something, with their defaults (flux-compat 8.1). Resolved once at start-up and handed
 * down; nothing looks a gate up while it reconciles.
 */
export const featureGateDefaults = {
  /** Undefined variables fail the build; since Flux 2.9. */
  StrictPostBuildSubstitutions: true,
  /** One failed object does not end the wait for the others. */
  DisableFailFastBehavior: false,
  /** readyExpr of a dependency is asked besides the built-in checks, not instead of them. */
  AdditiveCELDependencyCheck: false,
  /** Kustomizations may use sources of kind ExternalArtifact. */
  ExternalArtifact: false,
} as const;

type DecidedGates = Record<keyof typeof featureGateDefaults, boolean>;

export interface FeatureGates extends DecidedGates {
  /** Gates of Flux that were switched on although what they switch on is not there yet; the agent says so at its start. */
  readonly withoutEffect: readonly string[];
}

/** Gates of Flux that need no decision here: what they switch on is always so, or has no counterpart. */
const accepted = new Set([
  'CacheSecretsAndConfigMaps',
  'DisableStatusPollerCache',
  'DisableConfigWatchers',
  'DirectSourceFetch',
  'MigrateAPIVersion',
]);

/** Gates of Flux whose feature is not there yet. An install that sets one still starts. */
const notYet = new Set(['GroupChangeLog', 'CancelHealthCheckOnNewRevision', 'ObjectLevelWorkloadIdentity']);

/** Reads `Name=true,Other=false`. Adds an issue for a gate that does not exist. */
export function parseFeatureGates(text: string, context: z.core.$RefinementCtx<unknown>): FeatureGates {
  const gates: DecidedGates = { ...featureGateDefaults };
  const withoutEffect: string[] = [];
  for (const part of text.split(',').filter((item) => item.trim() !== '')) {
    const [name = '', value = ''] = part.split('=').map((item) => item.trim());
    const known = name in gates || accepted.has(name) || notYet.has(name);
    if (!known || (value !== 'true' && value !== 'false')) {
      const names = Object.keys(featureGateDefaults).join(', ');
      context.addIssue({
        code: 'custom',
        message: `"${part}" is no feature gate; expected Name=true|false with one of ${names}`,
      });
      break;
    }
    if (name in gates) gates[name as keyof DecidedGates] = value === 'true';
    else if (notYet.has(name) && value === 'true') withoutEffect.push(name);
  }
  return { ...gates, withoutEffect };
}
