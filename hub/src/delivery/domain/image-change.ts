import { isMap, isScalar, isSeq } from 'yaml';
import type { Pair, YAMLMap } from 'yaml';
import { ChangeError } from './change-error.js';
import { spliced, withField } from './edit-yaml.js';
import type { Found, YamlFile } from './yaml-file.js';
import { dataOf, readYaml } from './yaml-file.js';

/** What says which image of a name it is. */
const versionKeys = ['newTag', 'digest'] as const;

/**
 * The text of a kustomization in which an image has the tag and digest of the same image of another one.
 * @throws ChangeError: an image that is not there, or has neither
 */
export function withImage(target: YamlFile, source: YamlFile, image: string): string {
  const wanted = entryOf(source, image);
  if (!versionKeys.some((key) => wanted.map.has(key)))
    throw new ChangeError(`${source.name}: the image ${image} has neither newTag nor digest`);
  let file = target;
  for (const key of versionKeys) {
    const text = withKey(file, entryOf(file, image), wanted, key);
    file = readYaml(target.name, text);
  }
  const [is, shall] = [entryOf(file, image), wanted].map(
    ({ map }) => map.toJSON() as Record<string, unknown>,
  );
  if (
    versionKeys.some((key) => is?.[key] !== shall?.[key]) ||
    othersOf(file, image) !== othersOf(target, image)
  )
    throw new ChangeError(`${target.name}: the image ${image} cannot be set without changing something else`);
  return file.text;
}

interface Entry extends Found {
  readonly map: YAMLMap;
}

function entryOf(file: YamlFile, image: string): Entry {
  const found = file.documents.flatMap((document) => {
    const images = isMap(document.contents) ? document.contents.get('images', true) : undefined;
    if (!isSeq(images)) return [];
    return images.items.flatMap((map, index): Entry[] =>
      isMap(map) && map.get('name') === image
        ? [{ file, document, keys: ['images', index], node: map, map: map as YAMLMap }]
        : [],
    );
  });
  const [entry] = found;
  if (!entry) throw new ChangeError(`${file.name} has no image ${image} in images`);
  if (found.length > 1) throw new ChangeError(`${file.name} has the image ${image} ${found.length} times`);
  return entry;
}

function withKey(file: YamlFile, target: Entry, source: Entry, key: string): string {
  const [old, wanted] = [pairOf(target.map, key), pairOf(source.map, key)];
  if (!wanted) return old ? withoutPair(file, old) : file.text;
  const from = fieldOf(source, key, wanted);
  if (old) return withField(fieldOf(target, key, old), from);
  return withNewPair(file, target, key, from);
}

function fieldOf(entry: Entry, key: string, { value }: Pair): Found {
  if (!isScalar(value)) throw new ChangeError(`${entry.file.name}: ${key} of an image is not a text`);
  return { ...entry, keys: [...entry.keys, key], node: value };
}

/** Behind the name, as the entry is written. */
function withNewPair({ text }: YamlFile, { map }: Entry, key: string, { node, file }: Found): string {
  const name = pairOf(map, 'name');
  const [start, ,] = rangeOf(name?.key);
  const [, nameEnd] = rangeOf(name?.value);
  const value = file.text.slice(...rangeOf(node));
  if (map.flow === true) return spliced(text, [nameEnd, nameEnd], `, ${key}: ${value}`);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = text.indexOf('\n', nameEnd);
  const indent = ' '.repeat(start - lineStart);
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  if (lineEnd < 0) return `${text}${lineBreak}${indent}${key}: ${value}`;
  return spliced(text, [lineEnd + 1, lineEnd + 1], `${indent}${key}: ${value}${lineBreak}`);
}

function withoutPair({ text, name }: YamlFile, pair: Pair): string {
  const [start] = rangeOf(pair.key);
  const [, end] = rangeOf(pair.value);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const lineEnd = text.indexOf('\n', end);
  if (text.slice(lineStart, start).trim() !== '')
    throw new ChangeError(
      `${name}: write ${text.slice(start, end)} of the image on a line of its own, behind its name`,
    );
  return spliced(text, [lineStart, lineEnd < 0 ? text.length : lineEnd + 1], '');
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function rangeOf(node: unknown): [number, number] {
  const range = (node as { readonly range?: readonly number[] | null } | undefined)?.range;
  return [range?.[0] ?? 0, range?.[1] ?? 0];
}

/** All data of a file but the version of one image. */
function othersOf(file: YamlFile, image: string): string {
  const hidden = (key: string, value: unknown): unknown => {
    if (key !== 'images' || !Array.isArray(value)) return value;
    return (value as readonly Record<string, unknown>[]).map((entry) => {
      if (entry['name'] !== image) return entry;
      return Object.fromEntries(
        Object.entries(entry).filter(([name]) => name !== 'newTag' && name !== 'digest'),
      );
    });
  };
  return JSON.stringify(dataOf(file), hidden);
}
