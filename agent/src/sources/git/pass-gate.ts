import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { formatName } from '@flotilla/common/kube/object';
import type { StandingPin } from '../../hublink/standing/standing-set.js';
import type { GateRun } from '../gate/gate-run.js';
import type { SourceGates } from '../gate/source-gates.js';
import type { SourceRun } from '../source-run.js';
import type { Ancestry } from './ancestry.js';
import { pinTarget, stayTarget, type PinQuestion } from './pin-target.js';
import type { ResolvedTarget, ResolveRequest } from './resolve-target.js';

export interface GateContext {
  gates: SourceGates;
  ancestry: Ancestry;
}

/** Where the artifact is to be; no target: it has none yet and is not to get one. */
export interface Passage {
  readonly gate: GateRun;
  readonly newest: ResolvedTarget;
  readonly target: ResolvedTarget | undefined;
}

/**
 * Lets the source through to what its ref means, sends it to its pin once that was checked, or keeps it where it is.
 * @throws GitError when the remote cannot be asked
 */
export async function passGate(
  context: GateContext,
  run: SourceRun,
  request: ResolveRequest,
  newest: ResolvedTarget,
): Promise<Passage> {
  const { spec } = request;
  const gate = context.gates.decide(run, { url: spec.url, newestRevision: newest.revision });
  const { pin } = gate;
  if (pin) {
    const checked = await checkPin(context, run, request, newest, pin);
    if ('target' in checked) return { gate, newest, target: checked.target };
    gate.refuse(pin, checked.refused);
  }
  return gate.isHeld ? whereItStays(run, spec, gate, newest) : { gate, newest, target: newest };
}

/** The passage of a source that does not move. */
export function whereItStays(
  run: SourceRun,
  { ref }: GitRepositorySpec,
  gate: GateRun,
  newest: ResolvedTarget,
): Passage {
  const revision = gate.current;
  const target = revision === undefined ? undefined : stayTarget(questionOf(run, ref, newest, revision));
  return { gate, newest, target };
}

async function checkPin(
  { ancestry }: GateContext,
  run: SourceRun,
  { spec, remote, timeoutMs, signal }: ResolveRequest,
  newest: ResolvedTarget,
  pin: StandingPin,
): Promise<{ target: ResolvedTarget } | { refused: string }> {
  const found = pinTarget(questionOf(run, spec.ref, newest, pin.revision));
  if (!('ifAncestor' in found) || !found.ifAncestor) return found;
  const { ifAncestor: question, target } = found;
  if (await ancestry.leadsTo(remote, question, { timeoutMs, signal })) return { target };
  return { refused: `the commit is not in the history of ${question.refName} on the remote` };
}

function questionOf(
  { owner }: SourceRun,
  ref: GitRepositorySpec['ref'],
  newest: ResolvedTarget,
  revision: string,
): PinQuestion {
  return { ref, newest, revision, keptFor: formatName(owner) };
}
