// `npm run bench`: makes everything ready (the first run on a bare machine takes minutes), builds, and measures the agent
// as one bundled file against real control planes. `npm run bench -- --json` prints one JSON document on stdout.
import { parseArgs } from 'node:util';
import { prepare } from './rig/prepare.mjs';
import { root, run } from './steps.mjs';

const usage = `usage: npm run bench -- [--only NAME]... [--limits | --fleet [--agents N] [--rollouts N]] [--quick] [--json] [--strict] [--no-build] [--profiles FOLDER]

  --only NAME        run this scenario alone: first-apply, one-object, drift, fleet; may be given several times
  --limits           measure memory and time at the limits that docs/limits.md states, instead
  --fleet            measure a hub with simulated agents that speak the real protocol, instead
  --agents N         how many of them: default 1000
  --rollouts N       how many rollouts at once: default 100
  --quick            small sizes: shows that it works, says nothing about speed
  --json             print one JSON document on stdout (progress goes to stderr)
  --strict           a missed target makes the exit code 1
  --no-build         measure what was built last
  --profiles FOLDER  write CPU profiles of the agent there
`;

const flag = { type: 'boolean', default: false };
let options;
try {
  options = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      limits: flag,
      fleet: flag,
      agents: { type: 'string' },
      rollouts: { type: 'string' },
      quick: flag,
      json: flag,
      strict: flag,
      'no-build': flag,
      profiles: { type: 'string' },
      help: { ...flag, short: 'h' },
    },
  }).values;
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n\n${usage}`);
  process.exit(2);
}
const wrong = ['agents', 'rollouts'].find((name) => !/^([1-9]\d{0,4})?$/.test(options[name] ?? ''));
if (wrong) {
  process.stderr.write(`bench: --${wrong} takes a number from 1 to 99999\n\n${usage}`);
  process.exit(2);
}
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}

try {
  await prepare();
  // Everything but the result goes to stderr, so that stdout holds the JSON document alone.
  const stdio = { stdio: ['ignore', 2, 2] };
  if (!options['no-build']) await run('build', process.execPath, ['scripts/build.mjs'], stdio);
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exit(1);
}
const { main } = await import(new URL('test/dist/bench/main.js', `file://${root}`).href);
process.exitCode = await main(options);
