import { describe, expect, it } from 'vitest';
import type { BreakGlassRequest } from './break-glass-decision.js';
import { decideBreakGlass } from './break-glass-decision.js';

const now = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-01T12:00:01Z');
const request: BreakGlassRequest = {
  requestedBy: 'ada',
  requestedToken: 't1',
  requestedEmails: ['ada@example.com', 'ada@example.org'],
  isRevoked: false,
  expiresAt: later,
  grantedAt: null,
};
const ada = { name: 'ada', tokenId: 't1', emails: ['ada@example.com'] };
const grace = { name: 'grace', tokenId: 't2', emails: ['grace@example.com'] };

describe('breaking the glass', () => {
  it.each<readonly [string, BreakGlassRequest | null, typeof grace, string]>([
    ['is asked for by the first person', null, grace, 'ask'],
    ['is granted by a second person', request, grace, 'grant'],
    ['is not granted by the same person', request, ada, 'same person'],
    [
      'is not granted by the same person with another token',
      request,
      { ...ada, tokenId: 't3', emails: [] },
      'same person',
    ],
    [
      'is not granted by a token that was renamed',
      request,
      { ...ada, name: 'eve', emails: [] },
      'same person',
    ],
    [
      'is not granted by the same person with a token of another name',
      request,
      { name: 'ada-phone', tokenId: 't3', emails: ['a@example.com', 'ada@example.org'] },
      'same person',
    ],
    ['is granted by a token without addresses', request, { ...grace, emails: [] }, 'grant'],
    [
      'is asked for anew when the token that asked was revoked',
      { ...request, isRevoked: true },
      grace,
      'ask',
    ],
    [
      'stays granted when the token that asked was revoked later',
      { ...request, isRevoked: true, grantedAt: now },
      grace,
      'granted',
    ],
    ['is asked for anew when the request has expired', { ...request, expiresAt: now }, grace, 'ask'],
    ['is asked for anew by the same person, too', { ...request, expiresAt: now }, ada, 'ask'],
    ['stays granted', { ...request, grantedAt: now, expiresAt: now }, grace, 'granted'],
  ])('%s', (_sentence, held, person, decision) => {
    expect(decideBreakGlass(held, person, now)).toBe(decision);
  });
});
