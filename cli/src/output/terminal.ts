import type { Paint } from './paint.js';
import { ansiPaint, noPaint, wantsColour } from './paint.js';
import { askSecret, readAll } from './standard-input.js';

/** Where the command writes to and reads from. Tables and data go out, progress and hints to err. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly inIsTerminal: boolean;
  readonly paintOut: Paint;
  readonly paintErr: Paint;
  /** Size of the terminal behind stdout. */
  size(): { readonly columns: number; readonly rows: number };
  /** Everything that stdin gives, up to a limit. */
  readInput(maxBytes: number): Promise<string>;
  /** One line from the person at the terminal, not shown while it is typed. */
  askSecret(question: string, signal: AbortSignal): Promise<string>;
  /** One line from the person at the terminal. */
  ask(question: string, signal: AbortSignal): Promise<string>;
}

/** The terminal of the process. */
export function processTerminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdin, stdout, stderr } = process;
  const outIsTerminal = stdout.isTTY === true;
  const errIsTerminal = stderr.isTTY === true;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    outIsTerminal,
    errIsTerminal,
    inIsTerminal: stdin.isTTY === true,
    paintOut: wantsColour(outIsTerminal, env) ? ansiPaint : noPaint,
    paintErr: wantsColour(errIsTerminal, env) ? ansiPaint : noPaint,
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    readInput: (maxBytes) => readAll(stdin, maxBytes),
    askSecret: (question, signal) => askSecret({ stdin, stderr, question, signal, hidden: true }),
    ask: (question, signal) => askSecret({ stdin, stderr, question, signal, hidden: false }),
  };
}
