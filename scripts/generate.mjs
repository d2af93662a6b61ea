// Regenerates everything that is generated and committed: the protobuf TypeScript, the lint configuration and the CRDs
// of the chart, and the tables of fields in the documentation.
import { run } from './steps.mjs';

await run('proto lint', 'node_modules/.bin/buf', ['lint']);
await run('proto generate', 'node_modules/.bin/buf', ['generate']);
await run('lint configuration', process.execPath, ['scripts/lint-config.mjs']);
await run('compile the agent', process.execPath, ['node_modules/typescript7/bin/tsc', '-b', 'agent']);
await run('CRDs', process.execPath, ['scripts/generate-crds.mjs']);
await run('fields of documents', process.execPath, ['scripts/generate-document-fields.mjs']);
