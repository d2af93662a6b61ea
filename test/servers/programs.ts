// Where the rig's programs are; whoever asks first waits until they are there.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RigPrograms } from '../../scripts/rig/prepare.mjs';
import { repositoryRoot } from './repository-root.js';

let prepared: Promise<RigPrograms> | undefined;

/** Returns the paths of etcd, kube-apiserver, kube-controller-manager, kubectl and helm. */
export function rigPrograms(): Promise<RigPrograms> {
  prepared ??= load();
  return prepared;
}

async function load(): Promise<RigPrograms> {
  // By path from the top: compiled code (the demo) runs one folder deeper than the sources.
  const script = pathToFileURL(join(repositoryRoot(), 'scripts', 'rig', 'prepare.mjs'));
  const { prepare } = (await import(script.href)) as typeof import('../../scripts/rig/prepare.mjs');
  return prepare();
}
