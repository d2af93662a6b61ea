// `npm run simulate`: random fleets, strategies, pipelines and courses of events against the decisions of rollouts and
// promotions. Each schedule is named by the seed and its number, so that a failure can be run again; a failure is printed as the smallest schedule
// that still shows it.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { root, run } from './steps.mjs';

const usage = `usage: npm run simulate -- [--subject rollouts|promotions] [--schedules N] [--seed N] [--threads N] [--json] [--only NUMBER] [--replay FILE] [--no-build]

  --subject NAME  rollouts or promotions (default both, one after the other)
  --schedules N   how many of each (default 100000)
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
      subject: { type: 'string' },
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
  if (options.subject !== undefined && !['rollouts', 'promotions'].includes(options.subject))
    throw new Error('--subject must be rollouts or promotions');
  if (options.subject === undefined && (options.only !== undefined || options.replay !== undefined))
    throw new Error('--only and --replay need a --subject');
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
const load = (subject, file) =>
  import(new URL(`hub/dist/${subject}/simulation/${file}`, `file://${root}`).href);
const seed = Number(options.seed);

if (options.only !== undefined || options.replay !== undefined) {
  const { scheduleOf, tryRun } = await load(options.subject, 'simulate.js');
  const schedule =
    options.replay === undefined
      ? scheduleOf(seed, Number(options.only))
      : JSON.parse(readFileSync(options.replay, 'utf8'));
  const result = tryRun(schedule);
  if (options.replay === undefined) process.stdout.write(`${JSON.stringify(schedule, null, 1)}\n`);
  const ended = result.state ?? JSON.stringify(result.ends);
  process.stderr.write(`${result.message ?? `ended ${ended} after ${result.decisions} decisions`}\n`);
  process.exit(result.message === undefined ? 0 : 1);
}

const { runSimulation } = await load('rollouts', 'simulation-run.js');
const results = {};
for (const subject of options.subject ? [options.subject] : ['rollouts', 'promotions'])
  results[subject] = await simulate(subject);
if (options.json)
  process.stdout.write(`${JSON.stringify(options.subject ? results[options.subject] : results)}\n`);

async function simulate(subject) {
  let told = performance.now();
  const say = ({ schedules, decisions, seconds }) =>
    process.stderr.write(
      `${subject}: ${schedules} schedules, ${decisions} decisions, ${Math.round(schedules / seconds)} schedules/s\n`,
    );
  const result = await runSimulation({
    subject,
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
  const summary = Object.entries(ends).map(([state, count]) => `${state} ${count}`);
  process.stderr.write(`ends: ${summary.join(', ')}\n`);
  if (failure) {
    process.stderr.write(
      `\nseed ${failure.seed}, schedule ${failure.number}: ${failure.message}\n` +
        `again: npm run simulate -- --subject ${subject} --seed ${failure.seed} --only ${failure.number}\n` +
        `the smallest schedule that shows it (for --replay):\n${JSON.stringify(failure.schedule)}\n`,
    );
    process.exitCode = 1;
  }
  return result;
}
