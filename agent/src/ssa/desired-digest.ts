import { createHash } from 'node:crypto';
import type { KubeObject } from '@flotilla/common/kube/object';
import { stringifyJson } from '../kube/json.js';
import type { ApplyOptions } from './engine.js';

/** Names what an apply is asked to bring about: the prepared object, and the options that decide how. */
export function desiredDigest(object: KubeObject, { owner, overrideManagers }: ApplyOptions): string {
  return createHash('sha256')
    .update(stringifyJson([owner.fieldManager, overrideManagers, object]))
    .digest('base64url');
}
