// Runs a program quietly: its output goes to a log file, and the log's end into the error when it fails.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { accessSync, constants } from 'node:fs';

/** Runs `command args`, everything it prints into `log`. `holdFd` is a descriptor that the child keeps open. */
export function runLogged(command, args, { log, cwd, env, holdFd }) {
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'w');
  const stdio = ['ignore', out, out, ...(holdFd === undefined ? [] : [holdFd])];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio });
    child.on('error', (error) => reject(new Error(`cannot start ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const call = `${command} ${args.join(' ')}`;
      reject(
        new Error(`${call} failed (${signal ?? `exit code ${code}`}); the end of ${log}:\n${tail(log)}`),
      );
    });
  }).finally(() => closeSync(out));
}

/** The last `lines` lines of a text file. */
export function tail(file, lines = 20) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** The full path of `program` in PATH (Debian's system folders included), or undefined. */
export function which(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** True when `path` is a file that this user may run. */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
