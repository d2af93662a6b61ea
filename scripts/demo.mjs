// `npm run demo`: makes everything ready (the first run on a bare machine takes minutes), builds, and shows a fleet of
// four clusters. `npm run demo -- --once --json` ends by itself and prints one JSON document on stdout.
import { prepare } from './rig/prepare.mjs';
import { run, root } from './steps.mjs';

const usage = `usage: npm run demo -- [--once] [--json]

Starts a hub, a Git server, four real control planes and an agent for each. Shows a commit reach all of them, a manual
change corrected, a release promoted from dev to staging and, once approved, to prod in two waves, and a bad release
stopped at the canary and rolled back. Then it stays up until it is interrupted.

  --once   end after the show; exit code 0 only if all of it happened
  --json   print one JSON document as the last thing on stdout (progress goes to stderr)
`;

const known = new Set(['--once', '--json']);
const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(usage);
  process.exit(0);
}
const unknown = args.find((arg) => !known.has(arg));
if (unknown !== undefined) {
  process.stderr.write(`demo: unknown option ${unknown}\n\n${usage}`);
  process.exit(2);
}

try {
  await prepare();
  // Everything but the result goes to stderr, so that stdout holds the JSON document alone.
  await run('build', process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 2, 2] });
} catch (error) {
  process.stderr.write(`demo: ${error.message}\n`);
  process.exit(1);
}
const { main } = await import(new URL('test/dist/demo/main.js', `file://${root}`).href);
process.exitCode = await main({ once: args.includes('--once'), json: args.includes('--json') });
