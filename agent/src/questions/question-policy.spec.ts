import { describe, expect, it } from 'vitest';
import type { PlanQuestion, Question } from '@flotilla/proto/flotilla/v1/question';
import { intentVerbs } from '../hublink/intents/intent-policy.js';
import { admitQuestion } from './question-policy.js';

const now = new Date('2026-01-01T00:00:00Z');
const source = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'fleet',
};
const plan: PlanQuestion = { source, ref: 'refs/heads/next', commit: '', digestKey: new Uint8Array() };

function asked(fields: Partial<Question>, about: Partial<PlanQuestion> = {}): Question {
  const value = { ...plan, ...about };
  return { id: 'q', requestedBy: 'someone', question: { $case: 'plan', value }, ...fields };
}

describe('the policy for questions', () => {
  it('admits a plan, which is allowed by default', () => {
    expect(intentVerbs).toContain('plan');
    expect(admitQuestion(asked({}), intentVerbs, now)).toEqual({ admitted: true, plan });
  });

  it.each<[string, Question, readonly (typeof intentVerbs)[number][], string]>([
    ['an expired question', asked({ expiresAt: now }), intentVerbs, 'expired'],
    ['a plan where the owner does not want it', asked({}), ['reconcile'], '--hub-intents'],
    ['a question of a newer hub', asked({ question: undefined }), intentVerbs, 'upgrade the agent'],
    ['a plan without a source', asked({}, { source: undefined }), intentVerbs, 'names no source'],
    ['another kind', asked({}, { source: { ...source, kind: 'Bucket' } }), intentVerbs, 'GitRepository'],
    [
      'another group',
      asked({}, { source: { ...source, apiVersion: 'example.org/v1' } }),
      intentVerbs,
      'GitRepository',
    ],
    ['a short ref name', asked({}, { ref: 'next' }), intentVerbs, 'refs/heads/feature'],
  ])('refuses %s and says why', (_case, question, allowed, message) => {
    expect(admitQuestion(question, allowed, now)).toEqual({
      admitted: false,
      message: expect.stringContaining(message),
    });
  });
});
