import { isAlias, isCollection, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, Node, ParsedNode } from 'yaml';
import { ChangeError } from './change-error.js';

type YamlDocument = Document.Parsed<ParsedNode>;

/** The documents of a YAML (or JSON) file; `name` is for messages. */
export interface YamlFile {
  readonly name: string;
  readonly text: string;
  readonly documents: readonly YamlDocument[];
}

/** A value in a file. */
export interface Found {
  readonly file: YamlFile;
  readonly document: YamlDocument;
  /** Where it is: names and numbers. */
  readonly keys: readonly (string | number)[];
  readonly node: Node;
}

/** Reads a file. @throws ChangeError: it is not YAML */
export function readYaml(name: string, text: string): YamlFile {
  const parsed = parseAllDocuments(text, { uniqueKeys: true });
  const documents = Array.isArray(parsed) ? parsed : [];
  for (const { errors } of documents) {
    const [error] = errors;
    if (error) throw new ChangeError(`${name} is not valid YAML: ${error.message.split('\n')[0]}`);
  }
  return { name, text, documents };
}

/** What a JSON pointer leads to, in the one document of the file that has it. @throws ChangeError */
export function findPointer(file: YamlFile, pointer: string): Found {
  const segments = pointer.split('/').slice(1).map(unescaped);
  const found = file.documents.flatMap((document) => {
    const at = walk(file, document, segments);
    return at ? [at] : [];
  });
  const [first, second] = found;
  if (!first) throw new ChangeError(`${file.name} has no field ${pointer}`);
  if (second) throw new ChangeError(`${file.name} has the field ${pointer} in ${found.length} documents`);
  return first;
}

/** The plain data of all documents. @throws ChangeError: too many aliases */
export function dataOf({ name, documents }: YamlFile): readonly unknown[] {
  try {
    return documents.map((document) => document.toJS() as unknown);
  } catch (error) {
    throw new ChangeError(
      `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function walk(file: YamlFile, document: YamlDocument, segments: readonly string[]): Found | undefined {
  let node: Node | null | undefined = document.contents;
  const keys: (string | number)[] = [];
  for (const segment of segments) {
    if (isAlias(node))
      throw new ChangeError(
        `${file.name}: /${keys.join('/')} is an alias, behind which nothing is looked for`,
      );
    const next = step(node, segment);
    if (!next) return undefined;
    keys.push(next.key);
    node = next.node;
  }
  return node ? { file, document, keys, node } : undefined;
}

function step(
  node: Node | null | undefined,
  segment: string,
): { readonly key: string | number; readonly node: Node | null } | undefined {
  if (isSeq(node) && /^(?:0|[1-9]\d{0,8})$/.test(segment)) {
    const item = node.items[Number(segment)];
    return item === undefined ? undefined : { key: Number(segment), node: item as Node };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === segment);
  return pair && { key: segment, node: pair.value as Node | null };
}

function unescaped(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Whether a value is a map or a list. */
export function isStructure(node: Node): boolean {
  return isCollection(node);
}
