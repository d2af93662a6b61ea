import path from 'node:path';
import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { findInArtifact, type ArtifactEntry } from './artifact-path.js';
import { BuildError } from './build-error.js';
import type { EntryFile } from './closure.js';
import { findKustomizationFiles, readKustomizationFile } from './kustomization-file.js';
import { mergeSpec } from './merge-spec.js';
import { isLocalRelative } from './remote-reference.js';
import { scanFolder } from './scan-folder.js';

/**
 * The kustomization file that the build starts from: the folder's own or a generated one, with the fields of the
 * spec written into it (flux-compat 3.3).
 * @throws BuildError
 */
export async function makeEntryFile(
  root: string,
  folder: ArtifactEntry,
  spec: KustomizationSpec,
): Promise<EntryFile> {
  const components = await existingComponents(root, folder, spec);
  const [own] = await findKustomizationFiles(root, folder.path);
  const file = own ? await readKustomizationFile(own) : await generate(root, folder);
  const content = mergeSpec(file, spec, components);
  const defaultPath = path.posix.join(folder.path, 'kustomization.yaml');
  return { path: own?.path ?? defaultPath, content, edited: !own || content !== file };
}

async function generate(root: string, folder: ArtifactEntry): Promise<Record<string, unknown>> {
  const type = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
  const resources = await scanFolder(root, folder);
  // Nothing to apply is a valid desired state; kustomize needs some field to accept it.
  return resources.length > 0 ? { ...type, resources } : { ...type, namespace: '_placeholder' };
}

async function existingComponents(
  root: string,
  folder: ArtifactEntry,
  spec: KustomizationSpec,
): Promise<string[]> {
  const existing: string[] = [];
  for (const component of spec.components ?? []) {
    if (!isLocalRelative(component)) {
      throw new BuildError(`component path '${component}' must be local and relative`);
    }
    const found = spec.ignoreMissingComponents ? await findInArtifact(root, folder.path, component) : true;
    if (found) existing.push(component);
  }
  return existing;
}
