import type { NumberedEvent } from './stream-event.js';

/** What one reader has not been sent yet: the last state of each key, bounded. */
export class SendQueue {
  private readonly waiting = new Map<string, NumberedEvent>();

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.waiting.size;
  }

  /** False when the reader has fallen too far behind. */
  add(events: readonly NumberedEvent[]): boolean {
    for (const event of events) {
      this.waiting.delete(event.key);
      this.waiting.set(event.key, event);
    }
    return this.waiting.size <= this.limit;
  }

  /** Takes up to `count` events out, in the order of their numbers. */
  take(count: number): readonly NumberedEvent[] {
    const taken: NumberedEvent[] = [];
    for (const event of this.waiting.values()) {
      if (taken.length === count) break;
      taken.push(event);
      this.waiting.delete(event.key);
    }
    return taken;
  }
}
