// Compiles every package (tsc -b, TypeScript 7 for its speed) in dependency order, and makes the agent one file.
// `npm ci` runs it with --if-possible, so that `npx flotilla…` works in a clone; without the development packages
// (`npm ci --omit=dev`) there is nothing to compile with, and nothing is done.
import { existsSync } from 'node:fs';
import { run } from './steps.mjs';

const compiler = 'node_modules/typescript7/bin/tsc';
const args = process.argv.slice(2).filter((arg) => arg !== '--if-possible');
if (existsSync(compiler) || !process.argv.includes('--if-possible')) {
  try {
    await run('compile', process.execPath, [compiler, '-b', ...args]);
    await run('bundle agent', process.execPath, ['scripts/bundle-agent.mjs']);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
