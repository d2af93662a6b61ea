import {
  type Answer,
  Answer_State as State,
  type PlanPart,
  type PlanQuestion,
  type Question,
} from '@flotilla/proto/flotilla/v1/question';
import type { QuestionTaker } from '../hublink/hub-link.js';
import type { IntentVerb } from '../hublink/intents/intent-policy.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import { admitQuestion } from './question-policy.js';

/** Longest time that one question is worked on when the hub sets no expiry. */
const defaultLimitMs = 5 * 60_000;
/** Questions that wait for the one that is worked on. */
const longestQueue = 16;
/** Answers that are kept for questions that come again. Each is bounded. */
const remembered = 4;

/** Finds out what a ref would change. */
export interface Planner {
  /** Tells parts as they are found; gives a last word for the reader. @throws Error with the reason for people */
  plan(question: PlanQuestion, emit: (part: PlanPart) => void, signal: AbortSignal): Promise<string>;
}

export interface QuestionDeskOptions {
  allowed: readonly IntentVerb[];
  clock: Clock;
  logger: Logger;
}

interface Job {
  readonly question: Question;
  readonly parts: Answer[];
  /** The session that asked last. */
  tell: (part: Answer) => void;
  done: boolean;
}

/**
 * Takes questions and answers one after the other. One that comes again, because the connection was lost, is told
 * everything from the first part on, and goes on with what is under way.
 */
export class QuestionDesk implements QuestionTaker {
  readonly #options: QuestionDeskOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: Job[] = [];
  #planner: Planner | undefined;
  #stopped: AbortSignal | undefined;
  #isWorking = false;

  constructor(options: QuestionDeskOptions) {
    this.#options = options;
  }

  /** Says who finds the answers, until the signal is aborted. */
  use(planner: Planner, stopped: AbortSignal): void {
    this.#planner = planner;
    this.#stopped = stopped;
    void this.#workAll();
  }

  take(question: Question, tell: (part: Answer) => void): void {
    const known = this.#jobs.get(question.id);
    if (known) {
      known.tell = tell;
      known.parts.forEach(tell);
      return;
    }
    const job: Job = { question, parts: [], tell, done: false };
    const { allowed, clock } = this.#options;
    const admission = admitQuestion(question, allowed, new Date(clock.now()));
    if (!admission.admitted) return this.#end(job, State.STATE_REFUSED, admission.message);
    if (this.#waiting.length >= longestQueue) {
      const message = `this agent has ${longestQueue} plans to make before; ask again later`;
      return this.#end(job, State.STATE_FAILED, message);
    }
    this.#jobs.set(question.id, job);
    this.#waiting.push(job);
    void this.#workAll();
  }

  async #workAll(): Promise<void> {
    const planner = this.#planner;
    if (!planner || this.#isWorking) return;
    this.#isWorking = true;
    try {
      for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) await this.#work(planner, job);
    } finally {
      this.#isWorking = false;
    }
  }

  async #work(planner: Planner, job: Job): Promise<void> {
    const { clock, logger, allowed } = this.#options;
    const { question } = job;
    const now = clock.now();
    const limitMs = question.expiresAt ? question.expiresAt.getTime() - now : defaultLimitMs;
    // It may have waited past its time.
    const admission = admitQuestion(question, allowed, new Date(now));
    if (!admission.admitted) return this.#end(job, State.STATE_FAILED, admission.message);
    // Held by hand: a signal of AbortSignal.any may be collected before its sources speak.
    const limit = new AbortController();
    const stop = (): void => limit.abort(new Error('the agent is stopping'));
    const cancel = clock.schedule(Math.max(1, limitMs), () => limit.abort(new Error('the time is over')));
    const stopped = this.#stopped;
    stopped?.addEventListener('abort', stop, { once: true });
    if (stopped?.aborted) stop();
    const { ref, source } = admission.plan;
    logger.info(
      { question: question.id, ref, source, requestedBy: question.requestedBy },
      'planning a ref for the hub',
    );
    try {
      const tell = (plan: PlanPart): void => this.#say(job, State.STATE_PARTIAL, '', plan);
      this.#end(job, State.STATE_COMPLETE, await planner.plan(admission.plan, tell, limit.signal));
    } catch (error) {
      // An agent that stops has said nothing; the next one is asked again.
      if (stopped?.aborted) return this.#forget(job);
      const message = limit.signal.aborted
        ? `not planned within ${Math.round(limitMs / 1000)} s; ask again with more time, or for fewer clusters`
        : (error as Error).message;
      logger.info({ question: question.id, error: message }, 'the ref could not be planned');
      this.#end(job, State.STATE_FAILED, message);
    } finally {
      cancel();
      stopped?.removeEventListener('abort', stop);
    }
  }

  #say(job: Job, state: State, message: string, plan?: PlanPart): void {
    const part = job.parts.length;
    const answer: Answer = { id: job.question.id, state, message, part, ...(plan ? { plan } : {}) };
    job.parts.push(answer);
    job.tell(answer);
  }

  #end(job: Job, state: State, message: string): void {
    job.done = true;
    this.#say(job, state, message);
    const done = [...this.#jobs.values()].filter((one) => one.done);
    for (const old of done.slice(0, Math.max(0, done.length - remembered))) this.#forget(old);
  }

  #forget({ question }: Job): void {
    this.#jobs.delete(question.id);
  }
}
