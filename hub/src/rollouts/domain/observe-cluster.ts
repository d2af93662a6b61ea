import type { ClusterProgress, Observation, Phase } from './rollout.js';

/** What is known of one source of a cluster, and of all that is built from it, compared to the wanted revision. */
export interface SourceFacts {
  /** e.g. "GitRepository flux-system/apps". */
  readonly source: string;
  /** null: the cluster does not report the source. */
  readonly revision: string | null;
  readonly suspended: boolean;
  readonly sourceMessage: string;
  readonly gateState: string;
  readonly gateMode: string;
  readonly gateMessage: string;
  /** The gate is about the wanted revision. */
  readonly gateIsWanted: boolean;
  readonly gateFailure: string;
  /** The source is at the wanted revision. */
  readonly there: boolean;
  /** Kustomizations that build from it, without those that are suspended, and how many have it, healthy. */
  readonly total: number;
  readonly healthy: number;
  readonly suspendedObjects: number;
  /** Something works on the wanted revision. */
  readonly trying: boolean;
  /** The first that failed with the wanted revision, and the first that is not there yet; null: none. */
  readonly failed: string | null;
  readonly failure: string;
  readonly waiting: string | null;
  readonly healthySince: number | null;
  readonly healthyRun: string;
  readonly lastGood: string | null;
}

/** Of a source that was not asked about. */
export const unasked: Omit<SourceFacts, 'source'> = {
  revision: null,
  suspended: false,
  sourceMessage: '',
  gateState: '',
  gateMode: '',
  gateMessage: '',
  gateIsWanted: false,
  gateFailure: '',
  there: false,
  total: 0,
  healthy: 0,
  suspendedObjects: 0,
  trying: false,
  failed: null,
  failure: '',
  waiting: null,
  healthySince: null,
  healthyRun: '',
  lastGood: null,
};

/** What is known of a cluster besides its objects. */
export interface ClusterFacts {
  readonly id: string;
  readonly name: string;
  readonly domain: string | null;
  readonly member: boolean;
  readonly gone: boolean;
  readonly heardAt: number | null;
  readonly live: boolean;
  readonly frozen: { readonly message: string } | null;
}

interface Judgement {
  readonly phase: Phase;
  readonly message: string;
  readonly failure: string;
}

const order: readonly Phase[] = ['refused', 'failed', 'elsewhere', 'moving', 'at-target'];

/**
 * Brings together what is known of a cluster. `wanted`: its revisions to reach, one a source; null where there is none.
 * All sources and everything built from them has to be there for the cluster to be there.
 */
export function observeCluster(
  cluster: ClusterFacts,
  sources: readonly SourceFacts[],
  wanted: readonly (string | null)[],
  progress: ClusterProgress | undefined,
  follows: boolean,
): Observation {
  const asked = sources.filter((_, item) => wanted[item] !== null);
  const judged = asked.map(judge);
  const phase = order.find((one) => judged.some((judgement) => judgement.phase === one)) ?? 'at-target';
  const worst = judged.find((judgement) => judgement.phase === phase);
  const there = phase === 'at-target';
  const times = asked.flatMap(({ healthySince }) => healthySince ?? []);
  return {
    ...cluster,
    frozen: cluster.frozen ?? frozenByAgent(asked),
    phase,
    healthySince: there && times.length > 0 ? Math.max(...times) : null,
    healthyRun: there ? asked.map(({ healthyRun }) => healthyRun).join(' ') : '',
    failure: phase === 'failed' || phase === 'refused' ? (worst?.failure ?? '') : '',
    message: (there ? sayAll(judged) : worst?.message) ?? '',
    lastGood: sources.map(({ lastGood }) => lastGood),
    movedOn: follows && sources.some((source, item) => hasMovedOn(source, progress?.previous[item])),
  };
}

/** A freeze that the agent knows of, and the hub does not any more or not yet. */
function frozenByAgent(sources: readonly SourceFacts[]): Observation['frozen'] {
  const gate = sources.find(({ gateState, there }) => gateState === 'Frozen' && !there);
  return gate ? { message: gate.gateMessage || 'frozen' } : null;
}

function judge(facts: SourceFacts): Judgement {
  const say = (phase: Phase, message: string, failure = ''): Judgement => ({ phase, message, failure });
  const { source, revision, gateState, gateMessage, gateMode } = facts;
  if (gateState === 'Refused' && facts.gateIsWanted)
    return say('refused', `${source}: ${gateMessage || 'the pin was refused'}`, facts.gateFailure);
  if (facts.failed !== null) return say('failed', facts.failed, facts.failure);
  if (facts.there) {
    if (facts.total > facts.healthy) return say('moving', facts.waiting ?? '');
    return say('at-target', whatIsLeftOut(facts));
  }
  if (revision === null) return say('elsewhere', `${source} is not reported by the cluster`);
  if (facts.trying) return say('moving', facts.waiting ?? gateMessage);
  if (facts.suspended) return say('elsewhere', `${source} is suspended at ${revision}`);
  if (gateMode === 'none')
    return say('elsewhere', `${source} ignores pins (gate: none), it is at ${revision}`);
  return say(
    'elsewhere',
    `${source} is at ${revision}${facts.sourceMessage === '' ? '' : `: ${facts.sourceMessage}`}`,
  );
}

function whatIsLeftOut({ source, total, suspendedObjects }: SourceFacts): string {
  if (suspendedObjects > 0)
    return `${suspendedObjects} suspended ${suspendedObjects === 1 ? 'object' : 'objects'} of ${source} left out`;
  return total === 0 ? `nothing is built from ${source}` : '';
}

function sayAll(judged: readonly Judgement[]): string {
  return judged
    .map(({ message }) => message)
    .filter((message) => message !== '')
    .join('; ');
}

/** It follows its ref, and is neither where the rollout leads nor where it came from. */
function hasMovedOn({ there, revision, trying }: SourceFacts, previous: string | null | undefined): boolean {
  if (there || trying || revision === null || previous === undefined || previous === null) return false;
  return revision !== previous;
}
