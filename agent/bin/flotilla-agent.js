#!/usr/bin/env node
import { existsSync } from 'node:fs';

const compiled = new URL('../dist/main.js', import.meta.url);
if (existsSync(compiled)) {
  // Loading takes a moment, in which a signal must not be an accident.
  let asked = false;
  const note = () => (asked ? process.exit(1) : (asked = true));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, note);
  const { main } = await import(compiled.href);
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, note);
  // Nothing had begun that would have to be stopped.
  process.exitCode = asked ? 0 : await main(process.argv.slice(2), process.env);
} else {
  process.stderr.write('flotilla-agent: not built yet; run "npm run build" in the repository\n');
  process.exitCode = 1;
}
