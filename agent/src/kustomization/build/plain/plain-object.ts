import type { KubeObject } from '@flotilla/common/kube/object';
import { compareKeys } from '@flotilla/common/yaml/key-order';
import { readPlainScalar } from '@flotilla/common/yaml/plain-scalar';
import { isFields } from '../references.js';

/** Annotations that tell kustomize, and what came before it, what to do with an object. */
const instruction = /config\.(?:kubernetes|k8s)\.io\//;

/**
 * True for an object that kustomize gives out as it is: complete, without instructions, and without anything that one
 * of its steps is known to stumble over or to tidy up.
 */
export function isPlainObject(value: unknown): value is KubeObject {
  if (!isFields(value)) return false;
  const { apiVersion, kind, metadata } = value;
  if (!isType(apiVersion, kind) || !isFields(metadata)) return false;
  const { name, namespace, labels, annotations } = metadata;
  return (
    isName(name) &&
    (namespace === undefined || isName(namespace)) &&
    areTexts(labels) &&
    areTexts(annotations) &&
    !Object.keys({ ...annotations, ...labels }).some((key) => instruction.test(key)) &&
    isPlainValue(value)
  );
}

const usualApiVersion = /^(?:[a-z0-9][a-z0-9.-]*\/)?v[0-9][a-z0-9]*$/;
const usualKind = /^[A-Z][A-Za-z0-9]*$/;

/** Lists are taken apart. Where several kinds are called Namespace, versions of kustomize order them in different ways. */
function isType(apiVersion: unknown, kind: unknown): boolean {
  if (!isText(apiVersion) || !isText(kind)) return false;
  if (!usualApiVersion.test(apiVersion) || !usualKind.test(kind)) return false;
  return !kind.endsWith('List') && (kind !== 'Namespace' || apiVersion === 'v1');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A name that reads as a number could be taken for one where others refer to it. */
function isName(value: unknown): boolean {
  return isText(value) && readPlainScalar(value).kind === 'string';
}

/** Empty maps are dropped by some steps and kept by others. */
function areTexts(value: unknown): value is Record<string, string> | undefined {
  if (value === undefined) return true;
  if (!isFields(value)) return false;
  const texts = Object.values(value);
  return texts.length > 0 && texts.every((text) => typeof text === 'string');
}

function isPlainValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlainValue);
  if (value === null) return false;
  if (!isFields(value)) return true;
  const keys = Object.keys(value);
  for (const key of keys) {
    const field = value[key];
    // Written by many generators, and looked at by nobody.
    if (field === null && key === 'creationTimestamp') continue;
    if (typeof field === 'object' && !isPlainValue(field)) return false;
  }
  return hasOneOrder(keys);
}

const digit = /[0-9]/;
const maxKeysWithDigits = 100;

/** The order of keys with digits is not transitive, so that the place of some depends on the way they are sorted. */
function hasOneOrder(keys: readonly string[]): boolean {
  if (keys.length < 3 || !keys.some((key) => digit.test(key))) return true;
  if (keys.length > maxKeysWithDigits) return false;
  const sorted = keys.toSorted().sort(compareKeys);
  return sorted.every((key, index) => sorted.slice(index + 1).every((later) => compareKeys(key, later) < 0));
}
