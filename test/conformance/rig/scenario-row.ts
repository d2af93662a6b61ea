// What a row says: what is given, what happens, and what must be true then.
import type { KubeObject } from '@flotilla/common/kube/object';
import type { Row } from './row.js';
import type { World } from './world.js';

/** Path -> YAML text, or an object; null removes the file. */
export type Files = Readonly<Record<string, string | KubeObject | readonly KubeObject[] | null>>;
export type Fields = Readonly<Record<string, unknown>>;

export interface ScenarioRow extends Row {
  readonly given?: Given;
  /** What must be true once the object has settled. */
  readonly expect?: Expected;
  readonly steps?: readonly Step[];
}

export interface Given {
  /** The object that the row is about. Default: Kustomization. */
  readonly subject?: 'Kustomization' | 'GitRepository';
  /** First commit on `main`; default one ConfigMap `app`; null: an empty repository. */
  readonly files?: Files | null;
  /** What else happens before anything is created. */
  readonly before?: (world: World) => Promise<unknown>;
  /** Objects that are there already, applied by `person`. */
  readonly objects?: readonly KubeObject[];
  /** Fields of the GitRepository `fleet`; null: there is none. */
  readonly source?: Fields | null;
  /** Fields of the Kustomization `apps`; undefined removes a default. */
  readonly spec?: Fields;
  /** Of the subject. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Applied with kubectl in place of `source` and `spec`; `<shard>` has to be their label `conformance`. */
  readonly manifests?: string;
  /** How kubectl applies them. Default: client. */
  readonly apply?: 'client' | 'server';
  /** Further Kustomizations of the same source. */
  readonly others?: Readonly<Record<string, Fields>>;
}

/** One thing that happens, in the order of the fields. */
export interface Step {
  readonly does?: (world: World) => Promise<unknown>;
  /** Commits to the current branch, and has the source look. */
  readonly commit?: Files;
  /** Merged into the spec of the subject; null removes a field. */
  readonly spec?: Fields;
  /** Merge patches by reference, as `kubectl-edit`. */
  readonly edit?: Readonly<Record<string, Fields>>;
  readonly remove?: readonly string[];
  /** Deletes the subject and waits for its end. */
  readonly deletes?: boolean;
  /** Asks for a reconcile by annotation and waits for the answer. */
  readonly request?: boolean;
  /** False: do not wait until the subject is through; it may never be. */
  readonly settles?: boolean;
  readonly expect?: Expected;
}

export interface Expected {
  /** Status of Ready, or parts of the condition. */
  readonly ready?: 'True' | 'False' | 'Unknown' | Fields;
  /** By type; null: not there. */
  readonly conditions?: Readonly<Record<string, Fields | null>>;
  /** Parts of the status. */
  readonly status?: Fields;
  /** Ids of the inventory, all of them, in any order. */
  readonly inventory?: readonly string[];
  /** Parts of objects by reference (`v1/ConfigMap/app`); null: not there. */
  readonly objects?: Readonly<Record<string, Fields | null>>;
  /** Parts of events about the subject that were sent. */
  readonly events?: readonly Fields[];
  /** None of its events is like this. */
  readonly noEvents?: readonly Fields[];
  /** References of objects that are the same as before the step (by uid). */
  readonly kept?: readonly string[];
  /** References of objects that were not written since before the step. */
  readonly untouched?: readonly string[];
  readonly recreated?: readonly string[];
  /** Files of the artifact, all of them. */
  readonly artifact?: readonly string[];
  readonly check?: (world: World, subject: KubeObject) => unknown;
}
