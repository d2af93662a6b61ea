import { formatRef, type ObjectRef } from '@flotilla/common/kube/object';
import { KubeApiError } from '../kube/errors.js';
import { changeLog, type ChangeSet, type ChangeSetEntry } from './changeset.js';

/** The server refused an object when asked what an apply would do. The texts are those of flux-compat 3.6 (4). */
export class DryRunError extends Error {
  override readonly name = 'DryRunError';
  constructor(
    readonly ref: ObjectRef,
    cause: unknown,
  ) {
    super(dryRunMessage(ref, cause), { cause });
  }
}

function dryRunMessage(ref: ObjectRef, cause: unknown): string {
  const object = formatRef(ref);
  const text = isSecret(ref) ? withoutQuotedValues(messageOf(cause)) : messageOf(cause);
  if (!(cause instanceof KubeApiError)) return `${object} dry-run failed: ${text}`;
  if (cause.code === 404)
    return `${object} ${ref.namespace ? 'not found' : 'namespace not specified'}: ${text}`;
  const conflict = cause.causes.some(({ reason }) => reason === 'FieldManagerConflict');
  const reason = conflict ? 'FieldManagerConflict' : cause.reason;
  return `${object} dry-run failed${reason ? ` (${reason})` : ''}: ${text}`;
}

function isSecret({ apiVersion, kind }: ObjectRef): boolean {
  return apiVersion === 'v1' && kind === 'Secret';
}

/**
 * The server quotes what it could not read: a value of the wrong type after "got", and a piece of the object after
 * "error found in". What a Secret holds must not get into a status that more people may read than the Secret.
 */
function withoutQuotedValues(text: string): string {
  return text
    .replace(/(expected [^,]*, got )[^]*/, '$1a value of another type')
    .replace(/,? ?(?:error found in|bigger context)[^]*/, '');
}

/** An apply that did not come to its end. The message carries the log of what the complete stages have changed. */
export class ApplyError extends Error {
  override readonly name = 'ApplyError';
  constructor(
    cause: unknown,
    /** What the complete stages did; it stays applied. */
    readonly changes: ChangeSet,
    /** What was done of the stage that failed. */
    readonly partial: readonly ChangeSetEntry[],
  ) {
    const log = changeLog(changes);
    super(`${messageOf(cause)}\n${log ? `${log}\n` : ''}`, { cause });
  }
}

/** A deletion that left objects behind; these have the action "unknown". */
export class DeleteError extends Error {
  override readonly name = 'DeleteError';
  constructor(
    readonly errors: readonly string[],
    readonly changes: ChangeSet,
  ) {
    super(`delete failed, errors: ${errors.map((error) => `${error};`).join('')}`);
  }
}

/** A wait that ended without success. */
export class WaitError extends Error {
  override readonly name = 'WaitError';
  constructor(
    readonly reason: 'timeout' | 'stalled',
    message: string,
  ) {
    super(message);
  }
}

/** Conflict, any Invalid, or a text of an admission that says immutable: what force answers by recreating (flux-compat 3.6, 7). */
export function isImmutableError(error: unknown): boolean {
  if (error instanceof KubeApiError) {
    if (error.reason === 'Conflict' || error.reason === 'Invalid') return true;
    if (error.reason === '' && (error.code === 409 || error.code === 422)) return true;
  }
  return /is\simmutable|immutable\sfield/.test(messageOf(error));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
