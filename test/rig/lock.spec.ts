import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { runTool } from '../servers/tool.js';

it('gives a lock on when its holder was killed, but not before the child that it was lent to has ended', async () => {
  const folder = temporaryFolder('lock');
  const lock = JSON.stringify(join(folder.path, 'build.lock'));
  const marker = JSON.stringify(join(folder.path, 'child-ended'));
  const load = `const { withLock } = await import('./scripts/rig/lock.mjs');`;
  const holder = `${load}
    const { spawn } = await import('node:child_process');
    await withLock(${lock}, (fd) => new Promise(() => {
      const child = spawn('sh', ['-c', 'sleep 1; touch ' + ${marker}], { stdio: ['ignore', 'ignore', 'ignore', fd] });
      child.once('spawn', () => console.log('held'));
      setInterval(() => undefined, 1000);
    }));`;
  const first = spawn(process.execPath, ['--input-type=module', '-e', holder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => first.stdout.once('data', resolve));
  first.kill('SIGKILL');
  const second = await runTool(process.execPath, [
    '--input-type=module',
    '-e',
    `${load} const { existsSync } = await import('node:fs');
    await withLock(${lock}, () => console.log('child ended: ' + existsSync(${marker})));`,
  ]);
  expect(second.stdout).toBe('child ended: true\n');
  expect(second.stderr).toContain(`waiting for process ${first.pid} `);
  folder.remove();
});
