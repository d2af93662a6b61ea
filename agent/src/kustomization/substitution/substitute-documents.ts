import { substitute } from '@flotilla/common/envsubst/substitute';
import { groupOf, versionOf, type KubeObject } from '@flotilla/common/kube/object';
import { parseYaml } from '@flotilla/common/yaml/parse';
import { BuildError } from '../build/build-error.js';
import { isFields } from '../build/references.js';
import { kustomizationGroup } from '../kind.js';
import { messageOf } from '../step-failure.js';

export interface SubstitutionOptions {
  /** Absent: spec.postBuild is not set. */
  values?: Readonly<Record<string, string>>;
  /** An undefined variable without a default is an error. */
  strict: boolean;
  /** spec.postBuild.substituteStrategy is Always. */
  always: boolean;
}

/** An object of a build, and the text that it was read from. */
export interface Manifest {
  object: KubeObject;
  text: string;
}

/**
 * Reads the output of kustomize, and replaces variables in the text of each object on its own (flux-compat 3.5).
 * The text is what kustomize has written, so its quotes are kustomize's, not the author's.
 * @throws BuildError that names the object
 */
export function substituteDocuments(yaml: string, options: SubstitutionOptions): Manifest[] {
  return splitDocuments(yaml).map((document) => {
    const object = readObject(document);
    const text = isSkipped(object, options) ? document : replace(document, object, options);
    return { object: text === document ? object : readSubstituted(text, object), text };
  });
}

/** kustomize writes `---` lines between objects, and indents everything that is inside of one. */
export function splitDocuments(yaml: string): string[] {
  return yaml.split(/^---\n/m).filter((document) => document.trim() !== '');
}

function isSkipped(object: KubeObject, { values, always }: SubstitutionOptions): boolean {
  if (!values) return true;
  if (Object.keys(values).length === 0 && !always) return true;
  return !takesPart(object);
}

/** False for an object that says that it is to stay as it is (flux-compat 1.3). */
export function takesPart({ metadata: { labels, annotations } }: KubeObject): boolean {
  const key = `${kustomizationGroup}/substitute`;
  return labels?.[key] !== 'disabled' && annotations?.[key] !== 'disabled';
}

function replace(text: string, object: KubeObject, { values = {}, strict }: SubstitutionOptions): string {
  try {
    return substitute(text, values, { strict });
  } catch (error) {
    throw postBuildError(object, error);
  }
}

function readSubstituted(text: string, before: KubeObject): KubeObject {
  let parsed: unknown;
  try {
    parsed = parseYaml(text);
  } catch (error) {
    throw postBuildError(before, error);
  }
  if (isObject(parsed)) return parsed;
  throw postBuildError(before, new Error('the result of the substitution is not a Kubernetes object'));
}

function readObject(text: string): KubeObject {
  const parsed = parseYaml(text);
  if (isObject(parsed)) return parsed;
  throw new BuildError(`failed to decode Kubernetes apiVersion, kind and name from: ${outline(parsed)}`);
}

function isObject(value: unknown): value is KubeObject {
  if (!isFields(value) || !isFields(value['metadata'])) return false;
  return [value['apiVersion'], value['kind'], value['metadata']['name']].every(
    (field) => typeof field === 'string' && field !== '',
  );
}

/** The fields in question and no others: the object may be a Secret. */
function outline(value: unknown): string {
  const fields = isFields(value) ? value : {};
  const metadata = isFields(fields['metadata']) ? fields['metadata'] : {};
  return JSON.stringify({ apiVersion: fields['apiVersion'], kind: fields['kind'], name: metadata['name'] });
}

/** An error that names the object which the substitution failed for. */
export function postBuildError(object: KubeObject, error: unknown): BuildError {
  return new BuildError(`post build failed for '${describeObject(object)}': ${messageOf(error)}`, {
    cause: error,
  });
}

/** `<kind>.<version>.<group>/<name>`, as build errors name an object. */
export function describeObject({ apiVersion, kind, metadata }: KubeObject): string {
  return `${kind}.${versionOf(apiVersion)}.${groupOf(apiVersion) || '[noGrp]'}/${metadata.name}`;
}
