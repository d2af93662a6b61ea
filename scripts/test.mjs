// `npm test`: makes everything ready (the first run on a bare machine takes minutes), then runs types, lint, format
// and every test, and ends with a summary. All steps run, so that one run shows everything that is wrong.
import { prepare } from './rig/prepare.mjs';
import { run } from './steps.mjs';

const node = process.execPath;
const steps = [
  ['types', node, ['node_modules/typescript7/bin/tsc', '-b']],
  ['lint', 'node_modules/.bin/oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'node_modules/.bin/oxfmt', ['--check', '.']],
  ['tests', 'node_modules/.bin/vitest', ['run', ...process.argv.slice(2)]],
];

/** Runs a step; returns its line of the summary. */
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

try {
  await prepare();
} catch (error) {
  console.error(`rig: ${error.message}`);
  process.exit(1);
}
const results = [];
for (const step of steps) results.push(await attempt(step));
console.log(`\n${results.map(({ line }) => line).join('\n')}`);
process.exitCode = results.some(({ failed }) => failed) ? 1 : 0;
