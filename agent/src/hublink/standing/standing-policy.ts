import type { IntentVerb } from '../intents/intent-policy.js';
import type { StandingSet } from './standing-set.js';

/** What of a set the owner of the cluster allows, and what is told of the rest; empty when all is allowed. */
export interface Allowed {
  readonly set: StandingSet;
  readonly refusal: string;
}

/**
 * Applies --hub-intents. Pins and freezes are judged apart, so that a cluster that takes no pins can be frozen all the
 * same; vetoes, which also only ever stop something, go with the verb freeze.
 */
export function allowedOf(set: StandingSet, verbs: readonly IntentVerb[]): Allowed {
  const pins = verbs.includes('pin') ? set.pins : [];
  const [freezes, vetoes] = verbs.includes('freeze') ? [set.freezes, set.vetoes] : [[], []];
  const refused = [
    ...(pins.length < set.pins.length ? [`pin (${set.pins.length} left out)`] : []),
    ...(freezes.length + vetoes.length < set.freezes.length + set.vetoes.length
      ? [`freeze (${set.freezes.length + set.vetoes.length} freezes and vetoes left out)`]
      : []),
  ];
  const refusal =
    refused.length === 0
      ? ''
      : `this cluster does not allow ${refused.join(' and ')} from the hub; see the agent's flag --hub-intents`;
  return { set: { ...set, pins, freezes, vetoes }, refusal };
}
