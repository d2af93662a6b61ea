import { Injectable } from '@nestjs/common';
import { Answer_State as AnswerState } from '@flotilla/proto/flotilla/v1/question';
import type { Answer, PlanPart } from '@flotilla/proto/flotilla/v1/question';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { QuestionPort } from '../gateway/question-port.js';
import type { OutgoingQuestion } from '../gateway/question-port.js';
import { text } from '../objects/object-row.js';
import { Clock } from '../platform/clock.js';
import { AnswerStore } from './answer.store.js';
import type { NewFinding } from './answer.store.js';
import type { PlanChange } from './domain/plan-change.js';
import { changeDigest, planChange } from './domain/plan-change.js';
import type { QuestionState } from './domain/plan.js';
import { isOpen } from './domain/plan.js';
import { PlanEndings } from './plan-endings.js';
import { PlanStore } from './plan.store.js';
import type { QuestionRecord } from './plan.store.js';
import { PullRequestStatus } from './pull-requests/pull-request-status.js';

/** One answer of one cluster; agents send a quarter of it at most. */
const mostBytes = 8 * 1024 * 1024;
const mostParts = 2_000;
/** All different changes of a plan. */
const mostPlanBytes = 32 * 1024 * 1024;
const longestText = 8_192;

const lastWords = new Map<AnswerState, QuestionState>([
  [AnswerState.STATE_COMPLETE, 'Complete'],
  [AnswerState.STATE_FAILED, 'Failed'],
  [AnswerState.STATE_REFUSED, 'Refused'],
]);

/** The gateway's side of the plans: what is to be asked, and what comes of it. */
@Injectable()
export class PlanInbox extends QuestionPort {
  constructor(
    private readonly database: DataSource,
    private readonly plans: PlanStore,
    private readonly answers: AnswerStore,
    private readonly endings: PlanEndings,
    private readonly statuses: PullRequestStatus,
    private readonly clock: Clock,
  ) {
    super();
  }

  async open(clusterId: string): Promise<readonly OutgoingQuestion[]> {
    const questions = await this.plans.open(this.database.manager, clusterId, this.clock.now());
    return questions.map(({ id, expiresAt, requestedBy, ref, expectedCommit, digestKey, ...source }) => {
      const { apiVersion, kind, namespace, name } = source;
      const value = {
        source: { apiVersion, kind, namespace, name },
        ref,
        commit: expectedCommit,
        digestKey: digestKey ?? new Uint8Array(),
      };
      return { id, expiresAt, requestedBy, question: { $case: 'plan', value } };
    });
  }

  async delivered(clusterId: string, ids: readonly string[], at: Date): Promise<void> {
    await this.database.transaction(async (manager) => {
      await this.endings.changed(manager, await this.plans.delivered(manager, clusterId, ids, at), at);
    });
  }

  async answered(clusterId: string, answer: Answer, at: Date): Promise<void> {
    const ended = await this.database.transaction(async (manager) => {
      const question = await this.plans.lockQuestion(manager, clusterId, answer.id);
      if (!question || !isOpen(question.state)) return [];
      if (answer.part !== 0 && answer.part !== question.parts) return [];
      const before = answer.part === 0 ? await this.beginAnew(manager, question) : question;
      const after = await this.take(manager, before, answer);
      await this.plans.updateQuestion(manager, after, at);
      return await this.endings.changed(manager, [question.planId], at);
    });
    for (const id of ended) await this.statuses.wake(id);
  }

  private async beginAnew(manager: EntityManager, question: QuestionRecord): Promise<QuestionRecord> {
    if (question.parts > 0) await this.answers.forget(manager, question.id);
    return { ...question, parts: 0, bytes: 0 };
  }

  private async take(
    manager: EntityManager,
    question: QuestionRecord,
    { state, message, plan }: Answer,
  ): Promise<QuestionRecord> {
    const running: QuestionRecord = { ...question, state: 'Running', parts: question.parts + 1 };
    const kept = plan ? await this.keep(manager, running, plan) : running;
    if (kept.state === 'Failed') return kept;
    const last = lastWords.get(state);
    if (last === undefined) return kept;
    const said = cleaned(message);
    if (last !== 'Complete') return { ...kept, state: last, message: said };
    const { failed, all } = await this.answers.failures(manager, question.id);
    if (failed === 0) return { ...kept, state: 'Complete', message: said };
    const why = `${failed} of ${all} Kustomizations cannot be built or applied`;
    return { ...kept, state: 'Failed', message: said === '' ? why : `${why}; ${said}` };
  }

  private async keep(
    manager: EntityManager,
    question: QuestionRecord,
    part: PlanPart,
  ): Promise<QuestionRecord> {
    const { findings, changes } = readPart(part);
    const bytes = question.bytes + JSON.stringify([findings, [...changes.values()]]).length;
    const tooMuch = (what: string): QuestionRecord => ({
      ...question,
      bytes,
      state: 'Failed',
      message: what,
    });
    if (bytes > mostBytes || question.parts > mostParts)
      return tooMuch('the answer of the agent is larger than a plan may be');
    if (
      changes.size > 0 &&
      (await this.answers.addChanges(manager, question.planId, changes)) > mostPlanBytes
    )
      return tooMuch('the answers of all clusters are larger than a plan may be; ask for fewer clusters');
    await this.answers.addPart(manager, question.id, question.parts - 1, findings);
    return { ...question, bytes, commit: cleaned(part.commit) || question.commit };
  }
}

function readPart({ kustomizations }: PlanPart): {
  findings: readonly NewFinding[];
  changes: ReadonlyMap<string, PlanChange>;
} {
  const changes = new Map<string, PlanChange>();
  const findings = kustomizations.map(({ kustomization, failure, note, unchanged, omitted, ...said }) => {
    const digests = said.changes.flatMap((wire) => {
      const change = planChange(wire);
      if (!change) return [];
      const digest = changeDigest(change);
      changes.set(digest, change);
      return [digest];
    });
    const name = {
      namespace: cleaned(kustomization?.namespace ?? ''),
      name: cleaned(kustomization?.name ?? ''),
    };
    const texts = { failure: cleaned(failure), note: cleaned(note) };
    return {
      kustomization: name,
      ...texts,
      unchanged: count(unchanged),
      omitted: count(omitted),
      changes: digests,
    };
  });
  return { findings, changes };
}

function cleaned(said: string): string {
  return text(said).slice(0, longestText);
}

/** Fits the database. */
function count(number: number): number {
  return Math.min(number, 1_000_000);
}
