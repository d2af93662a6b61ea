import type { KubeObject } from '@flotilla/common/kube/object';

/** What is stored of an event beyond its text: client-go's rules against floods. */
export type Correlation =
  | { type: 'drop' }
  /** A new event. `combined` when there were too many similar ones. */
  | { type: 'create'; combined: boolean }
  /** The same event again. */
  | { type: 'count'; combined: boolean; name: string; count: number };

export interface EventIdentity {
  object: KubeObject;
  component: string;
  kubeType: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** Tokens of one object: 25 at once, then one in five minutes. */
const burst = 25;
const refillMs = 300_000;
/** More than 10 events that differ only in their message, within 10 minutes, become one. */
const maxSimilar = 10;
const similarWindowMs = 600_000;
const cacheSize = 4096;

/** Decides for each event whether it is dropped, counted or made. Knows the last 4,096 of each. */
export class EventCorrelator {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();
  private readonly similar = new Map<string, { messages: Set<string>; at: number }>();
  private readonly stored = new Map<string, { name: string; count: number }>();

  /** Decides at this monotonic time. */
  decide(event: EventIdentity, monotonic: number): Correlation {
    if (!this.takeToken(event, monotonic)) return { type: 'drop' };
    const combined = this.isOneOfMany(event, monotonic);
    const known = this.stored.get(storedKey(event, combined));
    return known
      ? { type: 'count', combined, name: known.name, count: known.count + 1 }
      : { type: 'create', combined };
  }

  /** Remembers under which name an event was stored. */
  remember(event: EventIdentity, combined: boolean, name: string, count: number): void {
    put(this.stored, storedKey(event, combined), { name, count });
  }

  /** Forgets an event that the server no longer has (it keeps them for an hour). */
  forget(event: EventIdentity): void {
    this.stored.delete(storedKey(event, false));
    this.stored.delete(storedKey(event, true));
  }

  private takeToken(event: EventIdentity, monotonic: number): boolean {
    const key = [event.component, ...objectKey(event.object)].join('\u0000');
    const bucket = this.buckets.get(key) ?? { tokens: burst, at: monotonic };
    const tokens = Math.min(burst, bucket.tokens + (monotonic - bucket.at) / refillMs);
    const allowed = tokens >= 1;
    put(this.buckets, key, { tokens: allowed ? tokens - 1 : tokens, at: monotonic });
    return allowed;
  }

  private isOneOfMany(event: EventIdentity, monotonic: number): boolean {
    const key = similarKey(event);
    const known = this.similar.get(key);
    const current =
      known && monotonic - known.at <= similarWindowMs
        ? known
        : { messages: new Set<string>(), at: monotonic };
    current.messages.add(event.message);
    current.at = monotonic;
    put(this.similar, key, current);
    if (current.messages.size < maxSimilar) return false;
    // Which ones does not matter any more; do not grow.
    for (const message of current.messages) {
      if (current.messages.size <= maxSimilar) break;
      current.messages.delete(message);
    }
    return true;
  }
}

function objectKey(object: KubeObject): string[] {
  const { namespace = '', name, uid = '' } = object.metadata;
  return [object.apiVersion, object.kind, namespace, name, uid];
}

function similarKey(event: EventIdentity): string {
  return [event.component, event.kubeType, event.reason, ...objectKey(event.object)].join('\u0000');
}

function storedKey(event: EventIdentity, combined: boolean): string {
  return combined ? similarKey(event) : `${similarKey(event)}\u0000${event.message}`;
}

/** Puts in as the youngest and lets the oldest go. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > cacheSize) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
}
