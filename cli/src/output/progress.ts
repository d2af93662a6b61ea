import type { Runtime } from '../runtime.js';
import { plain } from './table.js';

/** Lines on stderr that say what happens, in the form that people know from Flux (flux-compat 9.2). */
export function action(runtime: Runtime, text: string): void {
  runtime.terminal.err(`► ${plain(text)}\n`);
}

export function waiting(runtime: Runtime, text: string): void {
  runtime.terminal.err(`◎ ${plain(text)}\n`);
}

export function success(runtime: Runtime, text: string): void {
  runtime.terminal.err(`${runtime.terminal.paintErr('good', '✔')} ${plain(text)}\n`);
}

export function failed(runtime: Runtime, text: string): void {
  runtime.terminal.err(`${runtime.terminal.paintErr('bad', '✗')} ${plain(text)}\n`);
}

/** What to do next; for people at a terminal only. */
export function hint(runtime: Runtime, text: string): void {
  if (runtime.terminal.errIsTerminal) runtime.terminal.err(`${runtime.terminal.paintErr('faint', text)}\n`);
}

export function warning(runtime: Runtime, text: string): void {
  runtime.terminal.err(`${runtime.terminal.paintErr('warning', '⚠')} ${plain(text)}\n`);
}
