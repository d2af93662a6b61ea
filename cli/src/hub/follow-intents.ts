import type { HubClient } from './hub-client.js';
import { isTransient, listen } from './listen.js';
import type { Intent } from './schema.js';
import { sleep } from '../sleep.js';

/** States after which nothing more happens. */
const finalStates = new Set(['Succeeded', 'Failed', 'Refused', 'Expired']);

export function isFinal({ state }: Pick<Intent, 'state'>): boolean {
  return finalStates.has(state);
}

export interface FollowIntentsOptions {
  readonly hub: HubClient;
  /** Makes the intents; called once the stream is open, so that nothing is missed. */
  readonly create: () => Promise<readonly Intent[]>;
  /** Called for each intent when it has reached its final state. */
  readonly onFinal: (intent: Intent) => void;
  /** Ends the waiting, e.g. after --timeout. */
  readonly signal: AbortSignal;
}

/** How often the rest is asked for one by one: what a stream that broke has not told. */
const askMs = 3_000;
const askedAtOnce = 16;

/** Makes intents and follows them to their final states; gives them as they are when all are final or the signal ends it. */
export async function followIntents(options: FollowIntentsOptions): Promise<readonly Intent[]> {
  const { hub, signal } = options;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const news = listen(hub.http, ['intents'], both);
  try {
    // Whatever the first news is: an open stream, or a hub that will refuse the intents, too.
    const first = news.next();
    first.catch(() => undefined);
    await Promise.race([first, sleep(2_000, both)]);
    const pursuit = new Pursuit(await options.create(), options.onFinal);
    const listening = hearAll(pursuit, news, first).catch(() => undefined);
    await Promise.race([pursuit.done, askRegularly(hub, pursuit, both)]);
    stop.abort();
    await listening;
    return pursuit.intents();
  } finally {
    stop.abort();
    // A stream that nobody reads any more would keep the process alive.
    await news.return(undefined).catch(() => undefined);
  }
}

type NewsStream = ReturnType<typeof listen>;

/** Without a stream, e.g. because there are too many of them, asking regularly finds out, too. */
async function hearAll(
  pursuit: Pursuit,
  news: NewsStream,
  first: ReturnType<NewsStream['next']>,
): Promise<void> {
  await first;
  for await (const item of news)
    if (item.type === 'event' && item.name === 'intent') pursuit.take(item.data as Intent);
}

async function askRegularly(hub: HubClient, pursuit: Pursuit, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !pursuit.isDone()) {
    await Promise.race([pursuit.done, sleep(askMs, signal)]);
    const open = pursuit.open();
    for (let at = 0; at < open.length && !signal.aborted; at += askedAtOnce) {
      const asked = open
        .slice(at, at + askedAtOnce)
        .map(async ({ id }) => pursuit.take(await hub.intent(id)));
      await Promise.all(asked).catch((error: unknown) => {
        if (!signal.aborted && !isTransient(error)) throw error;
      });
    }
  }
}

class Pursuit {
  readonly done: Promise<void>;
  private finish: () => void = () => undefined;
  private readonly known: Map<string, Intent>;

  constructor(
    intents: readonly Intent[],
    private readonly onFinal: (intent: Intent) => void,
  ) {
    this.done = new Promise((resolve) => (this.finish = resolve));
    this.known = new Map(intents.map((intent) => [intent.id, intent]));
    for (const intent of intents) if (isFinal(intent)) onFinal(intent);
    if (this.isDone()) this.finish();
  }

  /** Takes what is new about one of ours; a final state is the last word. */
  take(intent: Intent): void {
    const before = this.known.get(intent.id);
    if (before === undefined || isFinal(before)) return;
    this.known.set(intent.id, intent);
    if (!isFinal(intent)) return;
    this.onFinal(intent);
    if (this.isDone()) this.finish();
  }

  intents(): readonly Intent[] {
    return [...this.known.values()];
  }

  open(): readonly Intent[] {
    return this.intents().filter((intent) => !isFinal(intent));
  }

  isDone(): boolean {
    return this.open().length === 0;
  }
}
