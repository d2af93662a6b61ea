/** One server-sent event. */
export interface ServerSentEvent {
  readonly name: string;
  readonly data: string;
  /** The last id that the stream has sent; empty before the first. */
  readonly lastId: string;
}

const maxEventCharacters = 16 * 1024 * 1024;

/** Reads a text/event-stream. Comments show that the connection lives: they are given as events without a name. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let name = '';
  let data: string[] = [];
  let lastId = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > maxEventCharacters) throw new Error('an event of the stream is too long');
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { name: name || 'message', data: data.join('\n'), lastId };
        else yield { name: '', data: '', lastId };
        name = '';
        data = [];
        continue;
      }
      const [field, value] = fieldOf(line);
      if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id' && !value.includes('\0')) lastId = value;
    }
  }
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}
