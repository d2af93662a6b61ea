import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseYaml } from '@flotilla/common/yaml/parse';
import { findInArtifact, type ArtifactEntry } from './artifact-path.js';
import { BuildError } from './build-error.js';
import { isFields } from './references.js';

/** In the order in which they are looked for (flux-compat 3.3). */
export const kustomizationFileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** The kustomization files of a folder; kustomize itself refuses more than one. */
export async function findKustomizationFiles(root: string, folder: string): Promise<ArtifactEntry[]> {
  const found = await Promise.all(kustomizationFileNames.map((name) => findInArtifact(root, folder, name)));
  return found.filter((entry): entry is ArtifactEntry => entry !== undefined && !entry.isDirectory);
}

/** Reads a kustomization file. @throws BuildError that names the file */
export async function readKustomizationFile(file: ArtifactEntry): Promise<Record<string, unknown>> {
  const text = await readFile(file.realPath, 'utf8');
  let parsed: unknown;
  try {
    parsed = parseYaml(text);
  } catch (error) {
    throw new BuildError(`invalid kustomization file ${file.path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (parsed === null || parsed === undefined) return {};
  if (!isFields(parsed))
    throw new BuildError(`invalid kustomization file ${file.path}: it is not a YAML mapping`);
  return parsed;
}

/** The folder that paths in a file are relative to. */
export function folderOf(file: string): string {
  const folder = path.posix.dirname(file);
  return folder === '.' ? '' : folder;
}
