// The sample fleet repository, served over HTTP.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { GitRepository } from '../servers/git-repository.js';
import type { GitServer } from '../servers/git-server.js';
import { repositoryRoot } from '../servers/repository-root.js';

/** Path -> text of every file of the sample repository. */
export function fleetFiles(): Record<string, string> {
  const folder = join(repositoryRoot(), 'test', 'demo', 'fleet');
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path)] = readFileSync(path, 'utf8');
  }
  return files;
}

/** Makes the repository `fleet` with the sample as its first commit. */
export async function createFleetRepository(
  server: GitServer,
): Promise<GitRepository & { readonly url: string }> {
  const repository = await server.createRepository('fleet');
  await repository.commit(fleetFiles(), 'Start the fleet');
  // So that a person can commit and push here without setting anything up.
  await repository.git('branch', '--quiet', '--set-upstream-to=origin/main');
  await repository.git('config', 'user.name', 'Demo');
  await repository.git('config', 'user.email', 'demo@example.test');
  return repository;
}
