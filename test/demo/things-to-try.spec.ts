// The demo stays up and tells a person what to try: each of it has to work as it is printed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { repositoryRoot } from '../servers/repository-root.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { runTool } from '../servers/tool.js';

const folder = temporaryFolder('things-to-try');
const root = repositoryRoot();
let stopDemo: () => Promise<number> = async () => 0;

afterAll(async () => {
  await stopDemo();
  folder.remove();
});

/** Starts the demo, and gives what it has printed when it waits to be interrupted. */
function startDemo(): Promise<string> {
  const child = spawn(process.execPath, [join(root, 'scripts', 'demo.mjs')], { cwd: root, stdio: 'pipe' });
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  stopDemo = () => {
    child.kill('SIGINT');
    return ended;
  };
  return new Promise((resolve, reject) => {
    let [shown, said] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (shown.includes('Interrupt (Ctrl-C)')) resolve(shown);
    });
    child.once('close', (code) => reject(new Error(`the demo ended with ${code}: ${said.slice(-4_000)}`)));
  });
}

/** What a person copies into another terminal. */
function commandsIn(shown: string): string {
  const [, below = ''] = shown.split('Three things to try in another terminal, in this folder:');
  return below
    .split('\n')
    .map((line) => line.replace(/^ +(?:\d\. )?/, ''))
    .filter((line) => !line.startsWith('(') && !line.startsWith('Interrupt'))
    .join('\n');
}

it('npm run demo tells three things to try, and all of them work', async () => {
  const commands = commandsIn(await startDemo());
  const env = { PATH: process.env['PATH'], HOME: folder.path };
  const tried = await runTool('sh', ['-e'], { cwd: root, env, input: commands });
  expect(tried.code, `${commands}\n${tried.stdout}\n${tried.stderr}`).toBe(0);
  expect(tried.stderr).toMatch(/logged in to \S+ \(version \S+\) as you, admin/);
  expect(tried.stderr).toMatch(/to prod is Promoted/);
  expect(tried.stdout).toMatch(/^ID +RELEASE +ENVIRONMENT/m);
  expect(tried.stdout).toMatch(/^CLUSTER +STATE +OBJECTS/m);
  expect(tried.stdout).toMatch(/^Kustomization\/flux-system\/apps\n├── /m);
  expect(await stopDemo()).toBe(0);
}, 900_000);
