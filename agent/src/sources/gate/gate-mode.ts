import { gateAnnotation, gateModes, type GateMode } from '@flotilla/common/api/source-gate';
import type { KubeObject } from '@flotilla/common/kube/object';

/** What the annotation of a source says. */
export interface ReadMode {
  /** Whether there is an annotation at all. */
  readonly isGiven: boolean;
  /** What it counts as: one that is not understood asks for more care, not less. */
  readonly mode: GateMode;
  /** The value that is none of the three. */
  readonly invalid?: string;
}

/** Reads the annotation fleet.flotilla.dev/gate; default preferred. */
export function gateModeOf({ metadata }: KubeObject): ReadMode {
  const value = metadata.annotations?.[gateAnnotation];
  if (value === undefined) return { isGiven: false, mode: 'preferred' };
  const mode = gateModes.find((one) => one === value);
  return mode ? { isGiven: true, mode } : { isGiven: true, mode: 'required', invalid: value };
}
