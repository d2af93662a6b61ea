import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { ProgramError } from '../../exec/program-error.js';
import type { RunProgram } from '../../exec/run-program.js';
import { BuildError } from './build-error.js';
import type { Sandbox } from './sandbox.js';

/** The program that builds: `kustomize build`, or `kubectl kustomize` which holds the same code. */
export interface KustomizeProgram {
  file: string;
  args: readonly string[];
}

export interface BuildLimits {
  timeoutMs: number;
  maxOutputBytes: number;
  signal: AbortSignal;
}

/**
 * Finds the program: the given path, else `kustomize` or `kubectl` in PATH; stand-alone kustomize starts faster.
 * @throws BuildError that says what to install
 */
export async function findKustomize(givenPath: string, searchPath: string): Promise<KustomizeProgram> {
  if (givenPath !== '') {
    if (await isExecutable(givenPath)) return programAt(givenPath);
    throw new BuildError(`--kustomize-path ${givenPath} is not an executable file`);
  }
  const folders = searchPath.split(path.delimiter).filter((folder) => folder !== '');
  for (const name of ['kustomize', 'kubectl']) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      if (await isExecutable(file)) return programAt(file);
    }
  }
  throw new BuildError(
    'neither kustomize nor kubectl is in PATH; install one of them or set --kustomize-path',
  );
}

/**
 * Builds the sandbox's folder into multi-document YAML. Plug-ins and Helm inflation stay off, and files may be
 * loaded from anywhere: the sandbox holds only what the build may read.
 * @throws BuildError with kustomize's own text, free of temporary paths
 */
export async function runKustomize(
  run: RunProgram,
  program: KustomizeProgram,
  sandbox: Sandbox,
  limits: BuildLimits,
): Promise<string> {
  try {
    const { stdout } = await run(program.file, {
      args: [...program.args, sandbox.folder, '--load-restrictor', 'LoadRestrictionsNone'],
      cwd: sandbox.root,
      // HOME stays in the sandbox: kubectl and kustomize look for plug-ins and caches there.
      env: { HOME: sandbox.root, XDG_CONFIG_HOME: sandbox.root, KUBECONFIG: '/dev/null' },
      timeoutMs: limits.timeoutMs,
      signal: limits.signal,
      maxStdoutBytes: limits.maxOutputBytes,
    });
    return stdout.toString('utf8');
  } catch (error) {
    if (!(error instanceof ProgramError) || limits.signal.aborted) throw error;
    throw new BuildError(cleanMessage(error, sandbox.root), { cause: error });
  }
}

function cleanMessage(error: ProgramError, root: string): string {
  const said = error.failure === 'exit' ? error.stderr.trim() : '';
  const text = said === '' ? error.message : said;
  return text
    .replaceAll(`${root}/`, '')
    .replaceAll(root, '.')
    .split('\n')
    .filter((line) => !line.startsWith('# Warning:'))
    .join('\n')
    .replace(/^error: |^Error: /, '');
}

function programAt(file: string): KustomizeProgram {
  const isKubectl = path.basename(file).startsWith('kubectl');
  return { file, args: [isKubectl ? 'kustomize' : 'build'] };
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
