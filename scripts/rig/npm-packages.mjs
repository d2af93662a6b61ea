// The npm packages: installed when node_modules does not hold what the lockfile says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../steps.mjs';
import { cachePath } from './cache.mjs';
import { withLock } from './lock.mjs';
import { step } from './progress.mjs';

/** Runs `npm ci` when a package of the lockfile is missing in node_modules or has another version there. */
export async function ensureNpmPackages() {
  if (isInstalled()) return;
  await withLock(cachePath('npm.lock'), async () => {
    if (isInstalled()) return;
    await step('install the npm packages', '30 s', () =>
      // Standard output belongs to whatever the packages are needed for.
      run('npm ci', 'npm', ['ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] }),
    );
  });
}

/**
 * npm writes what it installed to node_modules/.package-lock.json as its last act, so an interrupted install shows.
 * Comparing it with the lockfile (instead of a stamp of our own) also trusts an `npm install` done by hand.
 */
function isInstalled() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  const wanted = packagesOf(join(root, 'package-lock.json'));
  if (!wanted) throw new Error('package-lock.json is missing');
  return (
    installed !== undefined &&
    Object.entries(wanted).every(([path, entry]) => matches(path, entry, installed[path]))
  );
}

function matches(path, wanted, installed) {
  if (!path.includes('node_modules/') || wanted.extraneous) return true;
  if (!installed) return wanted.optional === true || wanted.devOptional === true || wanted.peer === true;
  return (
    wanted.link === true || (wanted.version === installed.version && wanted.integrity === installed.integrity)
  );
}

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}
