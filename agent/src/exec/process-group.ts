import type { ChildProcess } from 'node:child_process';

/** How long a program may take to clean up after SIGTERM. */
const graceMs = 2_000;

/**
 * Ends a program and all that it started. The program leads its own process group (spawned detached), so that
 * helpers such as git-remote-https go with it.
 */
export function endProcessGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
  timer.unref();
  child.once('close', () => clearTimeout(timer));
}

/** Ends what a program left running when it ended itself: nobody reads its output any more. */
export function endLeftovers(child: ChildProcess): void {
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is already gone.
  }
}
