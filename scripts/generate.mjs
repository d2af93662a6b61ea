// Regenerates everything that is generated and committed: the protobuf TypeScript and the lint configuration.
import { run } from './steps.mjs';

await run('proto lint', 'node_modules/.bin/buf', ['lint']);
await run('proto generate', 'node_modules/.bin/buf', ['generate']);
await run('lint configuration', process.execPath, ['scripts/lint-config.mjs']);
