import type { Observation, Setup } from './events.js';
import type { GateFacts } from './gates/gate-facts.js';
import type { Promotion } from './promotion.js';
import { queuedPromotion } from './queued-promotion.js';

export const noon = new Date('2026-03-01T12:00:00.000Z');

/** `noon` and so many minutes. */
export function after(minutes: number): Date {
  return new Date(noon.getTime() + minutes * 60_000);
}

/** A promotion of web-2 to prod that waits. */
export function promotionOf(change: Partial<Promotion> = {}): Promotion {
  return {
    ...queuedPromotion({
      id: 'p2',
      pipeline: 'web',
      environment: 'prod',
      releaseId: 'r2',
      releaseName: 'web-2',
      releaseNumber: 2,
      origin: 'automatic',
      priority: 'normal',
      requestedBy: 'hub',
      authors: { emails: [], tokens: [] },
      createdAt: noon,
    }),
    ...change,
  };
}

export const noFacts: GateFacts = {
  predecessors: [],
  promotedHereAt: null,
  releasedAt: noon,
  health: [],
  freezes: [],
  breakGlass: false,
};

export function setupOf(change: Partial<Setup> = {}): Setup {
  return { before: [], after: [], delivery: 'pins', onFailure: 'rollback', ...change };
}

/** It is its turn, and nothing is in its way. */
export function observationOf(change: Partial<Observation> = {}): Observation {
  return {
    setup: setupOf(),
    turn: true,
    behind: '',
    facts: noFacts,
    vetoed: '',
    outrun: '',
    obstacles: [],
    ...change,
  };
}
