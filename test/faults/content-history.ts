// Everything that ConfigMaps of a cluster ever held, told by etcd itself: no restart of the API server and no compaction
// leaves a gap in it, and nothing can be in the cluster for a moment without being seen.
import { setTimeout as sleep } from 'node:timers/promises';

/** What one write left behind; without data the object was deleted. */
export interface ContentState {
  readonly name: string;
  readonly data?: Readonly<Record<string, string>>;
  /** When etcd told it, as `performance.now()` counts. */
  readonly at: number;
}

export interface ContentHistory {
  /** All states of the ConfigMaps of a namespace, in the order of their writes. */
  statesOf(namespace: string): Promise<readonly ContentState[]>;
  stop(): Promise<void>;
}

interface KeyValue {
  readonly key: string;
  readonly value?: string;
}

interface WatchAnswer {
  readonly result?: {
    readonly created?: boolean;
    readonly events?: ReadonlyArray<{ readonly type?: 'DELETE'; readonly kv: KeyValue }>;
  };
}

/** The flag of kube-apiserver that makes the content of etcd readable. */
export const readableStorage = '--storage-media-type=application/json';

/** Writes a document into etcd that the watch has to come to. */
const marks = '/marks/';

/** Watches an etcd whose API server stores below `/registry`, and was started with `readableStorage`. */
export async function watchContent(etcdUrl: string): Promise<ContentHistory> {
  const states = new Map<string, ContentState[]>();
  const seenMarks = new Set<string>();
  const stopping = new AbortController();
  let created!: () => void;
  const ready = new Promise<void>((resolve) => (created = resolve));
  const record = ({ type, kv }: { type?: 'DELETE'; kv: KeyValue }): void => {
    const key = decode(kv.key);
    if (key.startsWith(marks)) return void seenMarks.add(key);
    const [, , kind, namespace = '', name = ''] = key.split('/');
    if (kind !== 'configmaps' || name === 'kube-root-ca.crt') return;
    const { data = {} } =
      type === 'DELETE' ? {} : (JSON.parse(decode(kv.value ?? '')) as { data?: Record<string, string> });
    const state = { name, at: performance.now(), ...(type === 'DELETE' ? {} : { data }) };
    states.set(namespace, [...(states.get(namespace) ?? []), state]);
  };
  const watching = (async () => {
    for await (const { result } of answers(etcdUrl, stopping.signal)) {
      if (result?.created) created();
      result?.events?.forEach(record);
    }
  })().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  await Promise.race([ready, watching]);
  return {
    async statesOf(namespace) {
      const mark = `${marks}${seenMarks.size}-${namespace}`;
      await etcdCall(etcdUrl, '/v3/kv/put', { key: encode(mark), value: encode('') });
      while (!seenMarks.has(mark)) await sleep(5);
      return states.get(namespace) ?? [];
    },
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

/** Lets etcd forget all history up to now; a watch that wants to go on from before is told 410. */
export async function compactEtcd(etcdUrl: string): Promise<void> {
  const { header } = await etcdCall<{ header: { revision: string } }>(etcdUrl, '/v3/kv/range', {
    key: encode('/nothing'),
  });
  await etcdCall(etcdUrl, '/v3/kv/compaction', { revision: header.revision, physical: true });
}

async function etcdCall<T>(url: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd ${path}: ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function* answers(url: string, signal: AbortSignal): AsyncGenerator<WatchAnswer> {
  const everything = { key: encode('/'), range_end: encode('0') };
  const body = JSON.stringify({ create_request: everything });
  const response = await fetch(`${url}/v3/watch`, { method: 'POST', body, signal });
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchAnswer;
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');
