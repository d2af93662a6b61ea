import type { ChangeTopic } from './change.js';

/** Topics whose changes are keyed by one text, and whose views the feature itself reads. */
export type ViewTopic = Exclude<ChangeTopic, 'cluster' | 'standing' | 'object' | 'event' | 'intent'>;

/** What the API answers for a key, in the form of the list. */
export interface ChangedView {
  readonly key: string;
  readonly view: unknown;
}

/** Reads those of the keys that exist. */
export type ReadViews = (keys: readonly string[]) => Promise<readonly ChangedView[]>;

/**
 * How the live stream reads what a change is about. A feature registers its reader in `onModuleInit`, so that the
 * stream need not know the feature. `PlatformModule` provides it everywhere.
 */
export class ChangeViews {
  private readonly readers = new Map<ViewTopic, ReadViews>();

  register(topic: ViewTopic, read: ReadViews): void {
    this.readers.set(topic, read);
  }

  /** All topics with a reader. */
  get topics(): readonly ViewTopic[] {
    return [...this.readers.keys()];
  }

  async read(topic: ViewTopic, keys: readonly string[]): Promise<readonly ChangedView[]> {
    return (await this.readers.get(topic)?.(keys)) ?? [];
  }
}
