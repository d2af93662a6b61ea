// The daily loop, under a minute: types, lint with the import boundaries, format, unit tests.
import { run } from './steps.mjs';

const started = Date.now();
await run('types', process.execPath, ['node_modules/typescript7/bin/tsc', '-b']);
await run('lint', 'node_modules/.bin/oxlint', ['--type-aware', '--deny-warnings']);
await run('format', 'node_modules/.bin/oxfmt', ['--check', '.']);
await run('unit tests', 'node_modules/.bin/vitest', ['run', '--project', 'unit']);
console.log(`check passed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
