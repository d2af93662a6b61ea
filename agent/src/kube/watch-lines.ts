import { parseJson } from './json.js';

/** Bytes of one event; etcd keeps objects below 1.5 MiB, JSON makes them somewhat larger. */
const maxLineBytes = 32 * 1024 * 1024;

/** Cuts a stream of bytes into JSON lines. A line may come in many chunks, and a chunk may hold many lines. */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      rest.push(chunk.subarray(start, end));
      start = end + 1;
      const line = textOf(rest);
      rest = [];
      restBytes = 0;
      if (line.trim() !== '') yield parseJson(line);
    }
    if (start === chunk.length) continue;
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > maxLineBytes) throw new Error(`a watch event is larger than ${maxLineBytes} bytes`);
  }
  // A line that was cut off is dropped: its event comes again with the next watch.
}

function textOf(parts: readonly Uint8Array[]): string {
  const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
