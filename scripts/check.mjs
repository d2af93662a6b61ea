// The daily loop, a minute and a quarter on two cores: types, lint with the import boundaries, format, unit tests.
import { codeChecks, runAll } from './steps.mjs';

await runAll([...codeChecks, ['unit tests', 'node_modules/.bin/vitest', ['run', '--project', 'unit']]]);
