import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { ProgramError } from '../../exec/program-error.js';
import type { RunProgram } from '../../exec/run-program.js';
import { BuildError } from './build-error.js';
import { kustomizeMessage } from './kustomize-message.js';
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
  /** Environment of a build that may fetch; absent where it may not. */
  network?: Readonly<Record<string, string>>;
  /** Bytes that may be fetched; absent where nothing may. */
  maxFetchBytes?: number;
  /** Texts that must not get into messages. */
  secrets?: readonly string[];
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
      env: { ...environmentIn(sandbox), ...(limits.network ? fetching(limits.network) : offline) },
      timeoutMs: limits.timeoutMs,
      secrets: limits.secrets ?? [],
      signal: limits.signal,
      maxStdoutBytes: limits.maxOutputBytes,
      // Clones, and whatever else is fetched, are made in the temporary folder.
      ...(limits.maxFetchBytes === undefined
        ? {}
        : { growth: { folder: sandbox.home, maxBytes: limits.maxFetchBytes } }),
    });
    return stdout.toString('utf8');
  } catch (error) {
    if (!(error instanceof ProgramError) || limits.signal.aborted) throw error;
    throw new BuildError(cleanMessage(error, sandbox), { cause: error });
  }
}

/** HOME is empty: kubectl and kustomize look for plug-ins there, git for settings and credentials. */
function environmentIn({ home }: Sandbox): Record<string, string> {
  return {
    HOME: home,
    TMPDIR: home,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    KUBECONFIG: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** The closure holds nothing remote; should kustomize see it otherwise, git refuses. */
const offline = { GIT_ALLOW_PROTOCOL: 'none' };

/** Neither files of this machine, nor programs, nor keys: what is fetched is public, or its address says who asks. */
function fetching(network: Readonly<Record<string, string>>): Record<string, string> {
  return { ...network, GIT_ALLOW_PROTOCOL: 'http:https' };
}

function cleanMessage(error: ProgramError, { root, home }: Sandbox): string {
  const said = error.failure === 'exit' ? error.stderr.trim() : '';
  const text = said === '' ? error.message : said;
  return kustomizeMessage(withoutClones(text, home).replaceAll(`${root}/`, '').replaceAll(root, '.'));
}

/** kustomize clones into folders with a random number. */
function withoutClones(text: string, home: string): string {
  return text
    .split(`${home}/`)
    .map((part, index) => (index === 0 ? part : part.replace(/^kustomize-\d+\/?/, '')))
    .join('');
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
