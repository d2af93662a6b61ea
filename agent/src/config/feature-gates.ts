import { readBoolean } from '@flotilla/common/flags/flag-schemas';
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
  /** A trigger that comes while health is waited for ends the wait. */
  CancelHealthCheckOnNewRevision: false,
  /** The log of an apply lists objects by what happened to them. */
  GroupChangeLog: false,
  /** Objects may name the ServiceAccount that a cloud or Vault sees. */
  ObjectLevelWorkloadIdentity: false,
  /** ConfigMaps and Secrets are not watched: their changes wake nobody. */
  DisableConfigWatchers: false,
  /** Sources are read from the API server at each reconcile, not from the watch. */
  DirectSourceFetch: false,
  /** managedFields of another version of an object's API are brought to the version that is applied. */
  MigrateAPIVersion: false,
} as const;

export type FeatureGates = Readonly<Record<keyof typeof featureGateDefaults, boolean>>;

/**
 * Gates of Flux that need no decision here. Secrets and ConfigMaps are never cached as a whole, whoever may read them:
 * what a reconcile needs is read then, and a Secret that is read again and again is watched by its name. The health
 * of objects is always read from the API server.
 */
const accepted = new Set(['CacheSecretsAndConfigMaps', 'DisableStatusPollerCache']);

/** Reads `Name=true,Other=false`. Adds an issue for a gate that does not exist. */
export function parseFeatureGates(text: string, context: z.core.$RefinementCtx<unknown>): FeatureGates {
  const gates: Record<keyof FeatureGates, boolean> = { ...featureGateDefaults };
  for (const part of text.split(',').filter((item) => item.trim() !== '')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals)).trim();
    const value = readBoolean(part.slice(equals + 1).trim());
    const isGate = Object.hasOwn(gates, name);
    if (value === undefined || (!isGate && !accepted.has(name))) {
      const names = Object.keys(featureGateDefaults).join(', ');
      context.addIssue({
        code: 'custom',
        message: `"${part}" is no feature gate; expected Name=true|false with one of ${names}`,
      });
      break;
    }
    if (isGate) gates[name as keyof FeatureGates] = value;
  }
  return gates;
}
