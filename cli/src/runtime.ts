import type { Terminal } from './output/terminal.js';

/** What a command gets from the process that it runs in. */
export interface Runtime {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
}
