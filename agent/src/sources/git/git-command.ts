import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { safeGitConfig, safeGitEnvironment } from '@flotilla/common/git/safe-git';
import type { GrowthLimit } from '../../exec/watch-growth.js';
import type { ProgramResult, RunProgram } from '../../exec/run-program.js';
import type { GitRemote } from './credentials.js';
import { gitError } from './git-error.js';
import { followRedirects } from './redirects.js';
import { openRemoteAccess, type RemoteAccess, type RemoteAccessDeps } from './remote-access.js';

export interface GitCommandOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  /** Lets the command talk to this remote; without it no protocol is allowed at all. */
  remote?: GitRemote;
  env?: Readonly<Record<string, string>>;
  stdin?: Uint8Array;
  /** How much the command may write. */
  growth?: GrowthLimit;
}

/** Runs one git command. @throws GitError */
export type GitCommand = (args: readonly string[], options: GitCommandOptions) => Promise<ProgramResult>;

/** Settings for every command. */
const fixedConfig: ReadonlyArray<readonly [string, string]> = [
  ...safeGitConfig,
  ['core.symlinks', 'true'],
  ['core.autocrlf', 'false'],
  ['submodule.recurse', 'false'],
];

/** git tells what a server answers, without what it got to keep secret. */
const tracing = { GIT_TRACE_CURL: '1', GIT_TRACE_CURL_NO_DATA: '1' };

/**
 * Makes the only way to run git. Credentials travel in the environment of the child process or in private files, never
 * on its command line, which every user of the machine can read.
 */
export function createGitCommand(deps: RemoteAccessDeps & { run: RunProgram; program?: string }): GitCommand {
  const attempt = createAttempt(deps);
  return (args, options) => {
    const { remote } = options;
    if (!remote) return attempt(args, options);
    return followRedirects(remote, {
      run: (current) => {
        const there = args.map((arg) => (arg === remote.url ? current.url : arg));
        return attempt(there, { ...options, remote: current });
      },
      trace: (current) => {
        const { timeoutMs, signal } = options;
        const limits = { timeoutMs, ...(signal ? { signal } : {}) };
        const ask = ['ls-remote', '--quiet', '--heads', '--', current.url];
        return attempt(ask, { ...limits, remote: current, env: tracing });
      },
    });
  };
}

/** One git process. */
function createAttempt(deps: RemoteAccessDeps & { run: RunProgram; program?: string }): GitCommand {
  return async (args, options) => {
    const { remote, timeoutMs, signal, stdin, growth } = options;
    let access: RemoteAccess | undefined;
    try {
      access = await openRemoteAccess(deps, remote);
      return await deps.run(deps.program ?? 'git', {
        args,
        env: { ...safeGitEnvironment, ...configEnvironment(access), ...access.env, ...options.env },
        timeoutMs,
        secrets: remote?.secrets ?? [],
        ...(signal ? { signal } : {}),
        ...(stdin ? { stdin } : {}),
        ...(growth ? { growth } : {}),
      });
    } catch (error) {
      throw gitError(error, timeoutMs);
    } finally {
      await access?.close();
    }
  };
}

function configEnvironment(access: RemoteAccess): Record<string, string> {
  const config = [...fixedConfig, ...access.config];
  const pairs = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    ...(Object.fromEntries(pairs) as Record<string, string>),
    GIT_CONFIG_COUNT: String(config.length),
  };
}

/** Attributes of a repository's content must not change what is checked out: the last word is the agent's. */
export async function neutraliseAttributes(gitDir: string): Promise<void> {
  const rule = '* -text !eol !crlf !ident !filter !working-tree-encoding !export-ignore !export-subst\n';
  await writeFile(path.join(gitDir, 'info', 'attributes'), rule);
}
