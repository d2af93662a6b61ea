// `npm run simulate`: random fleets, strategies and courses of events against the decisions of rollouts. Each schedule is
// named by the seed and its number, so that a failure can be run again; a failure is printed as the smallest schedule
// that still shows it.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { root, run } from './steps.mjs';

const usage = `usage: npm run simulate -- [--schedules N] [--seed N] [--threads N] [--json] [--only NUMBER] [--replay FILE] [--no-build]

  --schedules N   how many (default 100000)
  --seed N        default 1; the same seed gives the same schedules
  --threads N     default one a core
  --only NUMBER   print this schedule of the seed as JSON, and run it
  --replay FILE   run a schedule from a file (as printed by a failure or by --only)
  --json          print the result as JSON on stdout (progress goes to stderr)
  --no-build      run what was built last
`;

const flag = { type: 'boolean', default: false };
let options;
try {
  options = parseArgs({
    options: {
      schedules: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      threads: { type: 'string' },
      only: { type: 'string' },
      replay: { type: 'string' },
      json: flag,
      'no-build': flag,
      help: { ...flag, short: 'h' },
    },
  }).values;
  for (const name of ['schedules', 'seed', 'threads', 'only'])
    if (options[name] !== undefined && !/^\d{1,9}$/.test(options[name]))
      throw new Error(`--${name} must be a number`);
} catch (error) {
  process.stderr.write(`simulate: ${error.message}\n\n${usage}`);
  process.exit(2);
}
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}

if (!options['no-build']) {
  const stdio = { stdio: ['ignore', 2, 2] };
  await run('build', process.execPath, ['node_modules/typescript7/bin/tsc', '-b', 'hub'], stdio).catch(
    (error) => {
      process.stderr.write(`simulate: ${error.message}\n`);
      process.exit(1);
    },
  );
}
const load = (file) => import(new URL(`hub/dist/rollouts/simulation/${file}`, `file://${root}`).href);
const seed = Number(options.seed);

if (options.only !== undefined || options.replay !== undefined) {
  const { scheduleOf, tryRun } = await load('simulate.js');
  const schedule =
    options.replay === undefined
      ? scheduleOf(seed, Number(options.only))
      : JSON.parse(readFileSync(options.replay, 'utf8'));
  const result = tryRun(schedule);
  if (options.replay === undefined) process.stdout.write(`${JSON.stringify(schedule, null, 1)}\n`);
  process.stderr.write(`${result.message ?? `ended ${result.state} after ${result.decisions} decisions`}\n`);
  process.exit(result.message === undefined ? 0 : 1);
}

const { runSimulation } = await load('simulation-run.js');
let told = performance.now();
const say = ({ schedules, decisions, seconds }) =>
  process.stderr.write(
    `${schedules} schedules, ${decisions} decisions, ${Math.round(schedules / seconds)} schedules/s\n`,
  );
const result = await runSimulation({
  schedules: Number(options.schedules),
  seed,
  ...(options.threads && { threads: Number(options.threads) }),
  onProgress: (progress) => {
    if (performance.now() - told < 5000) return;
    told = performance.now();
    say(progress);
  },
});
say(result);
const { failure, ends } = result;
const summary = Object.entries(ends).filter(([, count]) => count > 0);
process.stderr.write(`ends: ${summary.map(([state, count]) => `${state} ${count}`).join(', ')}\n`);
if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
if (failure) {
  process.stderr.write(
    `\nseed ${failure.seed}, schedule ${failure.number}: ${failure.message}\n` +
      `again: npm run simulate -- --seed ${failure.seed} --only ${failure.number}\n` +
      `the smallest schedule that shows it (for --replay):\n${JSON.stringify(failure.schedule)}\n`,
  );
}
process.exitCode = failure ? 1 : 0;
