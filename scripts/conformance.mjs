// `npm run conformance`: proves the behaviours of Flux row by row against real servers, and counts them by section.
// `-- --json` prints one JSON document on stdout; other arguments go to vitest, e.g. `-- -t "\[3.6\]"`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportOf, reportText } from './conformance-report.mjs';
import { prepare } from './rig/prepare.mjs';
import { run } from './steps.mjs';

const given = process.argv.slice(2);
if (given.includes('--help') || given.includes('-h')) {
  process.stdout.write('usage: npm run conformance -- [--json] [arguments of vitest]\n');
  process.exit(0);
}
const asJson = given.includes('--json');
const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
const file = join(folder, 'results.json');
// Everything but the result goes to stderr, so that stdout holds the JSON document alone.
const stdio = { stdio: ['ignore', 2, 2] };
try {
  await prepare();
  await run('types', process.execPath, ['node_modules/typescript7/bin/tsc', '-b', 'agent'], stdio);
  const args = ['run', '--project=integration', 'test/conformance', '--reporter=dot', '--reporter=json'];
  const rest = given.filter((argument) => argument !== '--json');
  // A failed row makes vitest fail; the rows tell which.
  await run('rows', 'node_modules/.bin/vitest', [...args, `--outputFile.json=${file}`, ...rest], stdio).catch(
    () => undefined,
  );
  const report = reportOf(JSON.parse(readFileSync(file, 'utf8')));
  process.stdout.write(asJson ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  process.exitCode = report.passed === report.total && report.total > 0 && report.broken.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`conformance: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
