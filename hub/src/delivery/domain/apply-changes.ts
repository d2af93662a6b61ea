import type { GitDelivery } from '@flotilla/common/fleet-api/pipeline';
import { ChangeError } from './change-error.js';
import { withField } from './edit-yaml.js';
import { fileAt, mirrored, repositoryPath } from './file-tree.js';
import type { FileTree, TreeEntry } from './file-tree.js';
import { withImage } from './image-change.js';
import type { YamlFile } from './yaml-file.js';
import { findPointer, readYaml } from './yaml-file.js';

export type FileChange = GitDelivery['changes'][number];

/** Where changes come from and go to. */
export interface ChangePlace {
  /** The tip of the branch, which is changed. */
  readonly target: FileTree;
  /** Where everything is read that is copied: the commit of the release, or the tip. */
  readonly source: FileTree;
  /** For messages, e.g. `main`. */
  readonly names: { readonly target: string; readonly source: string };
  /** The bytes of an object. */
  read(id: string): Promise<Uint8Array>;
}

const largestFile = 5 * 1024 * 1024;

/** The tree after all changes, in their order. @throws ChangeError: which one cannot be made, and why */
export async function applyChanges(changes: readonly FileChange[], place: ChangePlace): Promise<FileTree> {
  let tree = place.target;
  for (const change of changes) tree = await applied(change, tree, place);
  return tree;
}

async function applied(change: FileChange, tree: FileTree, place: ChangePlace): Promise<FileTree> {
  const { source, names } = place;
  if (change.type === 'copy') {
    const paths = { from: repositoryPath(change.from), to: repositoryPath(change.to) };
    return mirrored(tree, source, paths, names);
  }
  const path = repositoryPath(change.file);
  const entry = fileAt(tree, path, names.target);
  const before = await yamlOf(path, names.target, entry, place);
  const text = await editedText(change, before, place);
  if (text === before.text) return tree;
  return new Map([...tree, [path, { mode: entry.mode, content: { text } }]]);
}

async function editedText(
  change: Exclude<FileChange, { readonly type: 'copy' }>,
  target: YamlFile,
  place: ChangePlace,
): Promise<string> {
  const from = repositoryPath(change.type === 'image' ? change.tagFrom.file : change.from.file);
  const where = place.names.source;
  const source = await yamlOf(from, where, fileAt(place.source, from, where), place);
  if (change.type === 'image') return withImage(target, source, change.image);
  return withField(findPointer(target, change.path), findPointer(source, change.from.path ?? change.path));
}

async function yamlOf(
  path: string,
  where: string,
  { content }: TreeEntry,
  place: ChangePlace,
): Promise<YamlFile> {
  const name = `${path} in ${where}`;
  if ('text' in content) return readYaml(name, content.text);
  const bytes = await place.read(content.id);
  if (bytes.length > largestFile) throw new ChangeError(`${name} has more than ${largestFile} bytes`);
  return readYaml(name, textOf(name, bytes));
}

function textOf(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ChangeError(`${name} is not text in UTF-8`);
  }
}
