// What a simulated agent reports: sources, and the Kustomizations that are built from each.
import { ObjectState, SourceGate_State as GateState } from '@flotilla/proto/flotilla/v1/state';

const namespace = 'flux-system';
const sourceApi = 'source.toolkit.fluxcd.io/v1';
const kustomizeApi = 'kustomize.toolkit.fluxcd.io/v1';

export function sourceName(index: number): string {
  return `app-${index}`;
}

/** Address of the repository of a source, the same in every cluster. */
export function sourceUrl(source: string): string {
  return `https://git.example.com/fleet/${source}`;
}

/** The revision that every cluster has at first, and later ones. */
export function revisionOf(source: string, number: number): string {
  const digits = `${Number(source.split('-')[1]) + 1}`.padStart(4, '0') + `${number}`.padStart(4, '0');
  return `main@sha1:${digits.padEnd(40, 'a')}`;
}

/** Names of the Kustomizations when so many objects are spread over so many sources. */
export function kustomizationNames(source: number, sources: number, objects: number): string[] {
  const count = Math.floor((objects - source - 1) / sources);
  return Array.from({ length: count }, (_, index) => `${sourceName(source)}-${index}`);
}

export interface PinState {
  readonly id: string;
  readonly revision: string;
}

/** A GitRepository that holds `revision`; with a pin to another one it is on the way there. */
export function gitRepository(name: string, revision: string, pin: PinState | undefined): ObjectState {
  const gate = pin && {
    state: pin.revision === revision ? GateState.STATE_PINNED : GateState.STATE_MOVING,
    mode: 'preferred',
    newestRevision: pin.revision,
    pinnedRevision: pin.revision,
    pinId: pin.id,
    message: '',
  };
  return ObjectState.fromPartial({
    ref: { apiVersion: sourceApi, kind: 'GitRepository', namespace, name },
    uid: `uid-${name}`,
    generation: 1n,
    observedGeneration: 1n,
    conditions: [ready('True', 'Succeeded', `stored artifact for revision '${revision}'`)],
    revision,
    sourceUrl: sourceUrl(name),
    sourceRef: 'branch main',
    changedAt: new Date(),
    ...(gate && { gate }),
  });
}

export interface KustomizationStatus {
  readonly revision: string;
  /** The revision that is being applied, where that is another one. */
  readonly applying?: string;
  readonly message?: string;
}

export function kustomization(name: string, source: string, status: KustomizationStatus): ObjectState {
  const { revision, applying, message = `Applied revision: ${revision}` } = status;
  const conditions =
    applying === undefined
      ? [ready('True', 'ReconciliationSucceeded', message)]
      : [
          { ...ready('True', 'Progressing', `Building manifests for ${applying}`), type: 'Reconciling' },
          ready('Unknown', 'Progressing', 'Reconciliation in progress'),
        ];
  return ObjectState.fromPartial({
    ref: { apiVersion: kustomizeApi, kind: 'Kustomization', namespace, name },
    uid: `uid-${name}`,
    generation: 1n,
    observedGeneration: 1n,
    conditions,
    revision,
    attemptedRevision: revision,
    source: { apiVersion: sourceApi, kind: 'GitRepository', namespace, name: source },
    inventory: { entries: 12, digest: 'd'.repeat(64) },
    changedAt: new Date(),
  });
}

function ready(status: string, reason: string, message: string) {
  return {
    type: 'Ready',
    status,
    reason,
    message,
    observedGeneration: 1n,
    lastTransitionTime: new Date(),
  };
}
