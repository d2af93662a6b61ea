// How scripts run programs: one after the other, output shown, failures named.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs `command args` in the repository root; rejects with an error that names the step when it fails. */
export function run(step, command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', (error) => reject(new Error(`${step}: cannot start ${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(new Error(`${step} failed (${signal ?? `exit code ${code}`}): ${command} ${args.join(' ')}`));
    });
  });
}

/** Types, lint with the import boundaries, format: name, program, arguments. */
export const codeChecks = [
  ['types', process.execPath, ['node_modules/typescript7/bin/tsc', '-b']],
  ['lint', 'node_modules/.bin/oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'node_modules/.bin/oxfmt', ['--check', '.']],
];

/** Runs all steps, also after a failure, so that one run shows everything that is wrong; ends with a summary. */
export async function runAll(steps) {
  const results = [];
  for (const step of steps) results.push(await attempt(step));
  console.log(`\n${results.map(({ line }) => line).join('\n')}`);
  process.exitCode = results.some(({ failed }) => failed) ? 1 : 0;
}

async function attempt([name, command, args]) {
  const started = Date.now();
  const failure = await run(name, command, args).then(
    () => undefined,
    (error) => error.message,
  );
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  return {
    failed: failure !== undefined,
    line: `${failure ? 'FAILED' : 'passed'}  ${name} (${seconds} s)${failure ? `: ${failure}` : ''}`,
  };
}
