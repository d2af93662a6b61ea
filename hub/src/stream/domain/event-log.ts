import type { NumberedEvent, StreamEvent, StreamTopic } from './stream-event.js';

export interface EventLogLimits {
  readonly events: number;
  readonly characters: number;
}

/** The last state of what changed lately, one entry a key, so that a reader can go on where it was cut off. */
export class EventLog {
  private readonly byKey = new Map<string, NumberedEvent>();
  private characters = 0;
  private last = 0;
  /** Everything after this number is here. */
  private floor = 0;

  constructor(private readonly limits: EventLogLimits) {}

  /** The number of the event that was added last. */
  get head(): number {
    return this.last;
  }

  /** Numbers the events and keeps them. */
  append(events: readonly StreamEvent[]): readonly NumberedEvent[] {
    const numbered = events.map((event) => ({ ...event, number: (this.last += 1) }));
    for (const event of numbered) {
      this.drop(event.key);
      this.byKey.set(event.key, event);
      this.characters += event.data.length;
    }
    this.shrink();
    return numbered;
  }

  /** What changed after `number` in these topics; null when it is not known any more. */
  since(number: number, topics: ReadonlySet<StreamTopic>): readonly NumberedEvent[] | null {
    if (number < this.floor || number > this.last) return null;
    return [...this.byKey.values()].filter((event) => event.number > number && topics.has(event.topic));
  }

  /** Forgets everything: from here on nobody can go on from before. */
  forget(): void {
    this.byKey.clear();
    this.characters = 0;
    this.last += 1;
    this.floor = this.last;
  }

  private shrink(): void {
    for (const event of this.byKey.values()) {
      if (this.byKey.size <= this.limits.events && this.characters <= this.limits.characters) return;
      this.drop(event.key);
      this.floor = event.number;
    }
  }

  private drop(key: string): void {
    const known = this.byKey.get(key);
    if (known === undefined) return;
    this.byKey.delete(key);
    this.characters -= known.data.length;
  }
}
