// Compiles every package (tsc -b, TypeScript 7 for its speed) in dependency order, and makes the agent one file.
import { run } from './steps.mjs';

await run('compile', process.execPath, ['node_modules/typescript7/bin/tsc', '-b', ...process.argv.slice(2)]);
await run('bundle agent', process.execPath, ['scripts/bundle-agent.mjs']);
