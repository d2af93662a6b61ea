import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatOfName, type SopsFormat } from '@flotilla/common/sops/formats/format';
import { parseYaml } from '@flotilla/common/yaml/parse';
import type { Closure } from '../build/closure.js';
import { kustomizationFileNames } from '../build/kustomization-file.js';
import { isFields } from '../build/references.js';

/** A file that is decrypted before the build when it is encrypted. */
export interface EncryptableFile {
  /** Relative to the artifact's root. */
  path: string;
  format: SopsFormat;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Sources of Secret generators and files of patches, of the entry and of every folder that is reached through
 * resources and components (flux-compat 3.4). A file that is named twice counts in the format of its first name.
 */
export async function findEncryptableFiles(closure: Closure): Promise<EncryptableFile[]> {
  const found = new Map<string, EncryptableFile>();
  const visited = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    if (visited.has(folder)) return;
    visited.add(folder);
    const kustomization = await readKustomization(closure, folder);
    if (!kustomization) return;
    for (const file of filesOf(kustomization)) {
      const place = resolve(folder, file.path);
      if (!found.has(place)) found.set(place, { ...file, path: place });
    }
    for (const reference of ['resources', 'bases', 'components'].flatMap((field) =>
      texts(kustomization[field]),
    )) {
      await visit(resolve(folder, reference));
    }
  };
  await visit(closure.folder);
  return [...found.values()];
}

async function readKustomization(closure: Closure, folder: string): Promise<Fields | undefined> {
  for (const name of kustomizationFileNames) {
    const file = path.posix.join(folder, name);
    const source = closure.files.get(file);
    const text = closure.written.get(file) ?? (source && (await readFile(source, 'utf8')));
    if (text === undefined) continue;
    const parsed = parseYaml(text);
    return isFields(parsed) ? parsed : undefined;
  }
  return undefined;
}

function filesOf(kustomization: Fields): EncryptableFile[] {
  const generators = lists(kustomization['secretGenerator']).filter(isFields);
  const patches = lists(kustomization['patches']).filter(isFields);
  return [
    ...generators.flatMap((generator) => [
      ...texts(generator['files']).map(generatorFile),
      ...[...texts(generator['envs']), ...texts([generator['env']])].map(envFile),
    ]),
    ...texts(patches.map((patch) => patch['path'])).map((file) => ({
      path: file,
      format: formatOfName(file),
    })),
  ];
}

/** `key=path`, or a path whose last part is the key: the key decides. */
function generatorFile(entry: string): EncryptableFile {
  const sign = entry.indexOf('=');
  if (sign < 0) return { path: entry, format: formatOfName(entry) };
  return { path: entry.slice(sign + 1), format: formatOfName(entry.slice(0, sign)) };
}

function envFile(file: string): EncryptableFile {
  const format = formatOfName(file);
  return { path: file, format: format === 'binary' ? 'dotenv' : format };
}

/** The same form as the paths of the closure. */
function resolve(folder: string, value: string): string {
  const joined = path.posix.normalize(path.posix.join('.', folder, value)).replace(/\/$/, '');
  return joined === '.' ? '' : joined;
}

function lists(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): string[] {
  return lists(value).filter((item): item is string => typeof item === 'string' && item !== '');
}
