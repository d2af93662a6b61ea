// Everything that tests and demos need on a bare Debian machine with Node.js. The first run takes minutes, the next a
// blink. Built-in modules only: this runs before `npm ci`.
import { clientTools } from './client-tools.mjs';
import { controlPlaneBinaries } from './control-plane-binaries.mjs';
import { ensurePackages } from './debian.mjs';
import { ensureNpmPackages } from './npm-packages.mjs';

/** Makes everything ready; returns the paths {etcd, kubeApiserver, kubeControllerManager, kubectl, helm}. */
export async function prepare() {
  await ensureNpmPackages();
  await ensurePackages(['git']);
  return { ...(await controlPlaneBinaries()), ...(await clientTools()) };
}
