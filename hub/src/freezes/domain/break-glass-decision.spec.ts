import { describe, expect, it } from 'vitest';
import type { BreakGlassRequest } from './break-glass-decision.js';
import { decideBreakGlass } from './break-glass-decision.js';

const now = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-01T12:00:01Z');
const request: BreakGlassRequest = {
  requestedBy: 'ada',
  requestedToken: 't1',
  expiresAt: later,
  grantedAt: null,
};
const grace = { name: 'grace', tokenId: 't2' };

describe('breaking the glass', () => {
  it.each<readonly [string, BreakGlassRequest | null, typeof grace, string]>([
    ['is asked for by the first person', null, grace, 'ask'],
    ['is granted by a second person', request, grace, 'grant'],
    ['is not granted by the same person', request, { name: 'ada', tokenId: 't1' }, 'same person'],
    [
      'is not granted by the same person with another token',
      request,
      { name: 'ada', tokenId: 't3' },
      'same person',
    ],
    ['is not granted by a token that was renamed', request, { name: 'eve', tokenId: 't1' }, 'same person'],
    ['is asked for anew when the request has expired', { ...request, expiresAt: now }, grace, 'ask'],
    [
      'is asked for anew by the same person, too',
      { ...request, expiresAt: now },
      { name: 'ada', tokenId: 't1' },
      'ask',
    ],
    ['stays granted', { ...request, grantedAt: now, expiresAt: now }, grace, 'granted'],
  ])('%s', (_sentence, held, person, decision) => {
    expect(decideBreakGlass(held, person, now)).toBe(decision);
  });
});
