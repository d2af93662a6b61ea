import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { usageError } from '../errors/cli-error.js';

/** Reads a stream to its end. @throws CliError when it gives more than `maxBytes` */
export async function readAll(stream: NodeJS.ReadableStream, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBytes) throw usageError(`stdin: more than ${maxBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Question {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly question: string;
  readonly signal: AbortSignal;
  /** Typed characters are not shown. */
  readonly hidden: boolean;
}

/** Asks for one line; the question goes to stderr, so that stdout stays clean. */
export function askSecret({ stdin, stderr, question, signal, hidden }: Question): Promise<string> {
  stderr.write(question);
  // readline echoes what is typed into its output: here that goes nowhere.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: hidden ? silent : stderr, terminal: true });
  return new Promise<string>((resolve, reject) => {
    const stop = () => lines.close();
    signal.addEventListener('abort', stop, { once: true });
    let answer: string | undefined;
    lines.once('line', (line) => {
      answer = line;
      lines.close();
    });
    // In a terminal readline takes Ctrl-C itself and sends no signal to the process.
    lines.once('SIGINT', stop);
    lines.once('close', () => {
      signal.removeEventListener('abort', stop);
      if (hidden) stderr.write('\n');
      if (answer === undefined) reject(usageError('no answer was given'));
      else resolve(answer.trim());
    });
  });
}
