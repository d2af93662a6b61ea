import { describe, expect, it } from 'vitest';
import {
  type Answer,
  Answer_State as State,
  type PlanPart,
  type PlanQuestion,
  type Question,
} from '@flotilla/proto/flotilla/v1/question';
import { systemClock } from '../runtime/clock.js';
import { QuestionDesk } from './question-desk.js';

const source = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'fleet',
};
const silent = { debug() {}, info() {}, error() {}, child: () => silent } as never;

function ask(id: string, expiresInMs = 60_000): Question {
  const value = { source, ref: 'refs/heads/next', commit: '', digestKey: new Uint8Array() };
  const expiresAt = new Date(Date.now() + expiresInMs);
  return { id, requestedBy: 'someone', expiresAt, question: { $case: 'plan', value } };
}

/** A planner whose plans end when the test says so. */
class HeldPlanner {
  readonly begun: Array<{
    emit: (part: PlanPart) => void;
    end: (word: string) => void;
    fail: (why: Error) => void;
  }> = [];

  plan(_question: PlanQuestion, emit: (part: PlanPart) => void, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      this.begun.push({ emit, end: resolve, fail: reject });
    });
  }
}

function setUp(allowed: readonly 'plan'[] = ['plan']) {
  const desk = new QuestionDesk({ allowed, clock: systemClock, logger: silent });
  const planner = new HeldPlanner();
  const stopping = new AbortController();
  desk.use(planner, stopping.signal);
  const asked = (question: Question): Answer[] => {
    const parts: Answer[] = [];
    desk.take(question, (part) => parts.push(part));
    return parts;
  };
  return { planner, asked, stopping };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const states = (answers: readonly Answer[]): unknown[] => answers.map(({ part, state }) => [part, state]);
const part: PlanPart = { commit: 'abc', kustomizations: [] };

describe('the desk for questions', () => {
  it('tells parts in their order, and ends with a word', async () => {
    const { planner, asked } = setUp();
    const answers = asked(ask('q'));
    planner.begun[0]?.emit(part);
    planner.begun[0]?.end('done');
    await settled();
    expect(states(answers)).toEqual([
      [0, State.STATE_PARTIAL],
      [1, State.STATE_COMPLETE],
    ]);
    expect(answers.at(-1)).toMatchObject({ id: 'q', message: 'done' });
  });

  it('works on one question at a time', async () => {
    const { planner, asked } = setUp();
    asked(ask('one'));
    asked(ask('two'));
    expect(planner.begun).toHaveLength(1);
    planner.begun[0]?.fail(new Error('no such ref'));
    await settled();
    expect(planner.begun).toHaveLength(2);
  });

  it('tells one that comes again everything from the beginning, and goes on', async () => {
    const { planner, asked } = setUp();
    const first = asked(ask('q'));
    planner.begun[0]?.emit(part);
    const second = asked(ask('q'));
    planner.begun[0]?.emit(part);
    planner.begun[0]?.end('');
    await settled();
    expect(planner.begun).toHaveLength(1);
    expect(states(first)).toEqual([[0, State.STATE_PARTIAL]]);
    const all = [
      [0, State.STATE_PARTIAL],
      [1, State.STATE_PARTIAL],
      [2, State.STATE_COMPLETE],
    ];
    expect(states(second)).toEqual(all);
    expect(states(asked(ask('q')))).toEqual(all);
  });

  it('refuses what the owner of the cluster does not allow', () => {
    const { planner, asked } = setUp([]);
    expect(asked(ask('q'))).toMatchObject([{ part: 0, state: State.STATE_REFUSED }]);
    expect(planner.begun).toEqual([]);
  });

  it('does not let more questions wait than it can answer', () => {
    const { asked } = setUp();
    const last = Array.from({ length: 20 }, (_, index) => asked(ask(`q${index}`))).at(-1);
    expect(last).toMatchObject([
      { state: State.STATE_FAILED, message: expect.stringContaining('ask again later') },
    ]);
  });

  it('gives a plan up at its time', async () => {
    const { asked } = setUp();
    const answers = asked(ask('q', 20));
    await expect.poll(() => answers.length).toBe(1);
    expect(answers).toMatchObject([
      { state: State.STATE_FAILED, message: expect.stringContaining('not planned within') },
    ]);
  });

  it('says nothing when the agent stops, so that the next one is asked', async () => {
    const { asked, stopping } = setUp();
    const answers = asked(ask('q'));
    stopping.abort();
    await settled();
    expect(answers).toEqual([]);
  });
});
