// Reads server-sent events over a plain fetch, as a script would.

export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventReader {
  /** The next event that fits; others are dropped. */
  next(fits: (event: ServerEvent) => boolean, withinMs?: number): Promise<ServerEvent>;
  /** Everything that has come, as text. */
  text(): string;
  close(): void;
}

/** Opens a stream; what comes is kept until it is asked for. */
export async function readStream(url: string, token: string): Promise<EventReader> {
  const abort = new AbortController();
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
    signal: abort.signal,
  });
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status}: ${await response.text()}`);
  const events: ServerEvent[] = [];
  let all = '';
  let wake: () => void = () => undefined;
  const reading = (async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body!) {
      const text = decoder.decode(chunk as Uint8Array, { stream: true });
      all += text;
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      events.push(...blocks.flatMap(eventOf));
      wake();
    }
  })();
  reading.catch(() => wake());
  return {
    async next(fits, withinMs = 10_000) {
      const late = AbortSignal.timeout(withinMs);
      for (;;) {
        for (let event = events.shift(); event; event = events.shift()) if (fits(event)) return event;
        if (late.aborted) throw new Error(`no such event within ${withinMs} ms`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          late.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
    text: () => all,
    close: () => abort.abort(),
  };
}

/** Comments keep the connection alive and say nothing. */
function eventOf(block: string): ServerEvent[] {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
  );
  const event = fields.get('event');
  if (event === undefined) return [];
  return [
    {
      id: fields.get('id') ?? '',
      event,
      data: JSON.parse(fields.get('data') ?? '{}') as ServerEvent['data'],
    },
  ];
}
