// A bare repository on disk that behaves as hosted ones do, and a working copy that pushes to it straight.
import { join } from 'node:path';
import { createWorkingCopy, isolatedGitEnv } from './git-repository.js';
import type { GitRepository } from './git-repository.js';
import { toolOutput } from './tool.js';

/** Makes `<folder>/bare/<name>.git` and a working copy in `<folder>/work/<name>`. */
export async function createBareRepository(
  folder: string,
  name: string,
  branch = 'main',
): Promise<{ readonly path: string; readonly copy: GitRepository }> {
  const path = join(folder, 'bare', `${name}.git`);
  const env = isolatedGitEnv;
  await toolOutput('git', ['init', '--quiet', '--bare', `--initial-branch=${branch}`, path], { env });
  const settings = [
    'http.receivepack',
    // Hosted Git lets clients fetch any reachable commit and filter blobs.
    'uploadpack.allowAnySHA1InWant',
    'uploadpack.allowFilter',
  ];
  for (const setting of settings) await toolOutput('git', ['config', setting, 'true'], { env, cwd: path });
  return { path, copy: await createWorkingCopy(join(folder, 'work', name), path, branch) };
}
