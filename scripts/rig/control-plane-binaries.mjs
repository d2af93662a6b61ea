// Finds etcd, kube-apiserver and kube-controller-manager, in this order: KUBEBUILDER_ASSETS, the cache, a download
// of the official binaries, a build from Debian's source package.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from './cache.mjs';
import { isExecutable, which } from './command.mjs';
import { ensurePackages } from './debian.mjs';
import { download } from './kubernetes-download.mjs';
import { buildFromSource, recipe, sourceVersion } from './kubernetes-source.mjs';
import { withLock } from './lock.mjs';

/** Returns the paths {etcd, kubeApiserver, kubeControllerManager}; what is missing is fetched or built first. */
export async function controlPlaneBinaries() {
  const assets = fromAssets(process.env.KUBEBUILDER_ASSETS);
  if (!assets?.etcd) await ensurePackages(['etcd-server']);
  const folder = assets?.folder ?? (await ownFolder());
  return {
    etcd: assets?.etcd ?? which('etcd'),
    kubeApiserver: join(folder, 'kube-apiserver'),
    kubeControllerManager: join(folder, 'kube-controller-manager'),
  };
}

function fromAssets(folder) {
  if (!folder) return undefined;
  const missing = ['kube-apiserver', 'kube-controller-manager'].filter(
    (name) => !isExecutable(join(folder, name)),
  );
  if (missing.length > 0) {
    // The official envtest archive has no controller manager; half a control plane would test something else.
    console.error(`rig: KUBEBUILDER_ASSETS=${folder} has no ${missing.join(' and no ')}: it is not used`);
    return undefined;
  }
  const etcd = join(folder, 'etcd');
  return { folder, etcd: isExecutable(etcd) ? etcd : undefined };
}

async function ownFolder() {
  const version = process.env.FLOTILLA_KUBERNETES_VERSION || sourceVersion;
  const target = cachePath('control-plane', `${version}-${process.arch}-${recipe}`);
  if (existsSync(target)) return target;
  await withLock(cachePath('control-plane.lock'), async (fd) => {
    if (existsSync(target)) return;
    const failure = await download(version, target).catch((error) => error);
    if (failure === undefined) return;
    console.error(`rig: Kubernetes ${version} cannot be downloaded (${failure.message})`);
    if (version !== sourceVersion) {
      throw new Error(
        `Kubernetes ${version} cannot be downloaded, and only ${sourceVersion} can be built here`,
      );
    }
    await buildFromSource(target, fd);
  });
  return target;
}
