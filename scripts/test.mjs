// `npm test`: makes everything ready (the first run on a bare machine takes minutes), then runs types, lint, format
// and every test. Arguments go to vitest, e.g. `npm test -- test/e2e`.
import { prepare } from './rig/prepare.mjs';
import { codeChecks, runAll } from './steps.mjs';

try {
  await prepare();
} catch (error) {
  console.error(`rig: ${error.message}`);
  process.exit(1);
}
await runAll([...codeChecks, ['tests', 'node_modules/.bin/vitest', ['run', ...process.argv.slice(2)]]]);
