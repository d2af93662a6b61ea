#!/usr/bin/env node
import { existsSync } from 'node:fs';

const compiled = new URL('../dist/main.js', import.meta.url);
if (existsSync(compiled)) {
  const { main } = await import(compiled.href);
  process.exitCode = await main(process.argv.slice(2), process.env);
} else {
  process.stderr.write('flotilla-hub: not built yet; run "npm run build" in the repository\n');
  process.exitCode = 1;
}
