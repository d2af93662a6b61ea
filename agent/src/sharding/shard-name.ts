import { parseSelector } from '@flotilla/common/labels/parse-selector';

const shardKey = 'sharding.fluxcd.io/key';

/**
 * The name of the shard that an agent with this `--watch-label-selector` is for the hub (flux-compat 8.3): the value of
 * the sharding label; empty for the main instance, which takes what has no such label. Other selectors name themselves.
 */
export function shardNameOf(selector: string | undefined): string {
  if (!selector) return '';
  const [only, ...more] = parseSelector(selector);
  if (!only || more.length > 0 || only.key !== shardKey) return selector;
  if (only.operator === 'absent') return '';
  return only.operator === 'in' && only.values.length === 1 ? (only.values[0] ?? '') : selector;
}
