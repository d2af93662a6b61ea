import { createHash } from 'node:crypto';
import type { KubeObject } from '@flotilla/common/kube/object';
import { stringifyJson } from '../kube/json.js';
import type { ApplyOptions } from './engine.js';
import { ignoredPointers } from './ignore/ignore-rules.js';

/** Names what an apply is asked to bring about: the prepared object, and the options that decide how. */
export function desiredDigest(object: KubeObject, { owner, overrideManagers, ignore }: ApplyOptions): string {
  const ignored = ignoredPointers(ignore, object);
  return createHash('sha256')
    .update(stringifyJson([owner.fieldManager, overrideManagers, object, ...ignored]))
    .digest('base64url');
}
