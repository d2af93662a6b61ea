import { describe, expect, it } from 'vitest';
import type { Gate } from '@flotilla/common/fleet-api/gates';
import { checkAbort, checkApproval, checkRejection } from './permission.js';
import { noon, promotionOf } from './promotion.fixture.js';
import type { Person, Promotion } from './promotion.js';

const gate = (authorMayApprove = false): Gate => ({
  type: 'approval',
  required: 1,
  groups: [],
  authorMayApprove,
});
const before = { before: [gate()], after: [] };
const ada: Person = { tokenId: 't1', name: 'ada', emails: ['ada@example.com'], groups: [] };
const given = { stage: 'before', releaseId: 'r2', person: ada, comment: '', at: noon } as const;

const rows: readonly (readonly [
  sentence: string,
  promotion: Partial<Promotion>,
  gates: { readonly before: readonly Gate[]; readonly after: readonly Gate[] },
  release: string | undefined,
  answer: string,
])[] = [
  ['takes an approval of what waits for its turn', {}, before, undefined, 'take before'],
  ['takes an approval of what is gated', { state: 'Gating' }, before, 'web-2', 'take before'],
  [
    'takes an approval after the rollout',
    { state: 'Verifying' },
    { before: [], after: [gate()] },
    'r2',
    'take after',
  ],
  ['knows an approval', { approvals: [given] }, before, undefined, 'known'],
  [
    'knows the approval of another token of the person',
    { approvals: [{ ...given, person: { ...ada, tokenId: 't2' } }] },
    before,
    undefined,
    'known',
  ],
  ['refuses another release', {}, before, 'web-1', 'Conflict: it is about release "web-2", not "web-1"'],
  [
    'refuses what asks nobody',
    {},
    { before: [], after: [gate()] },
    undefined,
    'Conflict: it has no approval gate before its rollout',
  ],
  [
    'refuses what moves',
    { state: 'RollingOut' },
    before,
    undefined,
    'Conflict: it is RollingOut and waits for nobody',
  ],
  ['refuses what has ended', { state: 'Promoted' }, before, undefined, 'Conflict: it has ended as Promoted'],
  [
    'refuses an author by address',
    { authors: { emails: ['ada@example.com'], tokens: [] } },
    before,
    undefined,
    'Forbidden: "ada" is an author of release "web-2" and may not approve it for prod',
  ],
  [
    'refuses an author by token',
    { authors: { emails: [], tokens: ['ada'] } },
    before,
    undefined,
    'Forbidden: "ada" is an author of release "web-2" and may not approve it for prod',
  ],
  [
    'takes an author where a gate allows it',
    { authors: { emails: [], tokens: ['ada'] } },
    { before: [gate(true)], after: [] },
    undefined,
    'take before',
  ],
  [
    'refuses everybody while an author is not known',
    { authors: { emails: [], tokens: [], unknown: 'web-1 (GitRepository/a/b)' } },
    before,
    undefined,
    'Conflict: the author of web-1 (GitRepository/a/b) is not known, so nobody can tell who may not approve it for prod',
  ],
  [
    'takes anybody where authors may, also unknown ones',
    { authors: { emails: [], tokens: [], unknown: 'web-1 (GitRepository/a/b)' } },
    { before: [gate(true)], after: [] },
    undefined,
    'take before',
  ],
];

const nobody: Person = { tokenId: 't9', name: 'ci', emails: [], groups: [] };
const nameless =
  'Forbidden: the token "ci" has no e-mail addresses, so nobody can tell whether it is an author\'s, who may not approve release "web-2" for prod';

describe('a token without addresses', () => {
  it.each([
    ['may not approve what somebody wrote', { emails: ['eve@example.com'], tokens: [] }, before, nameless],
    ['may not approve what a token made', { emails: [], tokens: ['maker'] }, before, nameless],
    ['may not approve what nobody is known for', { emails: [], tokens: [] }, before, nameless],
    [
      'is told first that it made the release',
      { emails: [], tokens: ['ci'] },
      before,
      'Forbidden: "ci" is an author of release "web-2" and may not approve it for prod',
    ],
    [
      'may approve where authors may',
      { emails: ['eve@example.com'], tokens: ['ci'] },
      { before: [gate(true)], after: [] },
      'take',
    ],
  ] as const)('%s', (_sentence, authors, gates, expected) => {
    const check = checkApproval(promotionOf({ authors }), gates, nobody, undefined);
    if (check.answer !== 'refuse') return expect(check.answer).toBe(expected);
    const { code, message, remedy } = check.refusal;
    expect(`${code}: ${message.replace('promotion "p2": ', '')}`).toBe(expected);
    expect(remedy).not.toBe('');
  });

  it('is told how to get addresses', () => {
    const check = checkApproval(promotionOf({}), before, nobody, undefined);
    expect(check.answer === 'refuse' && check.refusal.remedy).toContain('--emails');
  });
});

describe('a promotion that somebody approves', () => {
  it.each(rows)('%s', (_sentence, promotion, gates, release, expected) => {
    const check = checkApproval(promotionOf(promotion), gates, ada, release);
    const said =
      check.answer === 'refuse'
        ? `${check.refusal.code}: ${check.refusal.message.replace('promotion "p2": ', '')}`
        : [check.answer, 'stage' in check ? check.stage : ''].join(' ').trim();
    expect(said).toBe(expected);
    if (check.answer === 'refuse') expect(check.refusal.remedy).not.toBe('');
  });

  it('can be rejected by an author, too', () => {
    expect(checkRejection(promotionOf({ authors: { emails: [], tokens: ['ada'] } }), before)).toBeNull();
    expect(checkRejection(promotionOf({ state: 'Promoted' }), before)?.code).toBe('Conflict');
  });

  it.each([
    ['Gating', null, null],
    ['RollingOut', null, null],
    ['Verifying', null, null],
    ['RollingOut', { end: 'Aborted', reason: 'aborted by bob: no' }, 'it is being stopped already'],
    ['RollingBack', null, 'its clusters go back'],
    ['Failed', null, 'it has ended as Failed'],
  ] as const)('can be aborted while it is %s (wish %j): %s', (state, wish, refusal) => {
    const found = checkAbort(promotionOf({ state, wish }));
    if (refusal === null) expect(found).toBeNull();
    else expect(found?.message).toContain(refusal);
  });
});
