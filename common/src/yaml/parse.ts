import { EVENT_ID, YAMLException, constructFromEvents, type Event } from 'js-yaml';
import { kubernetesSchema } from './schema.js';
import { readEverydayYaml } from './everyday/read-everyday-yaml.js';
import { expandAliases } from './expand-aliases.js';
import { flattenStrings } from './flatten-strings.js';
import { readEvents } from './read-events.js';
import { YamlError } from './yaml-error.js';

/** One document of a YAML text that is not empty. */
export interface YamlDocument {
  /** Position in the text, from 1; empty documents count. */
  readonly index: number;
  readonly value: unknown;
}

const maxMergeKeys = 100_000;
/** Of smaller ones the form of the strings does not matter. */
const largeText = 10_000;

/**
 * Reads a text of any number of YAML documents in the dialect of Kubernetes; JSON is read too. Empty documents
 * are left out. Duplicate keys are an error. Aliases are expanded, so that no two places share an object.
 */
export function parseYamlDocuments(text: string): YamlDocument[] {
  const values = construct(text);
  const documents: YamlDocument[] = [];
  for (const [index, value] of values.entries()) {
    if (value !== null && value !== undefined) documents.push({ index: index + 1, value });
  }
  return documents;
}

/** Reads a text that holds one YAML document; an empty text is null. */
export function parseYaml(text: string): unknown {
  const documents = parseYamlDocuments(text);
  const [first, second] = documents;
  if (second) throw new YamlError('expected a single document', second.index);
  return first ? first.value : null;
}

function construct(text: string): unknown[] {
  return readEverydayYaml(text) ?? constructAny(text);
}

/** Reads all of YAML; many times slower than what reads only the everyday part of it. */
export function constructAny(text: string): unknown[] {
  try {
    const { events, source } = readEvents(text);
    const values = constructFromEvents(events, {
      source,
      schema: kubernetesSchema,
      maxTotalMergeKeys: maxMergeKeys,
    });
    if (text.length >= largeText) flattenStrings(values);
    return hasAlias(events) ? values.map((value, index) => expandAliases(value, index + 1)) : values;
  } catch (error) {
    // Lines may have been moved: offsets are those of the text that the parser was given.
    if (error instanceof YAMLException) throw translate(error, error.mark?.buffer ?? text);
    throw error;
  }
}

function hasAlias(events: readonly Event[]): boolean {
  return events.some((event) => event.type === EVENT_ID.ALIAS);
}

function translate(error: YAMLException, text: string): YamlError {
  const position = error.mark?.position ?? 0;
  const reason =
    error.reason === 'duplicated mapping key' ? `duplicate key ${keyAt(text, position)}` : error.reason;
  return new YamlError(reason, documentAt(text, position), (error.mark?.line ?? 0) + 1);
}

function keyAt(text: string, position: number): string {
  const before = text.charAt(position - 1);
  const quote = before === '"' || before === "'" ? before : undefined;
  const rest = text.slice(position, position + 200);
  const end = quote ? rest.indexOf(quote) : rest.search(/\s*:(?:\s|$)|\s*[\n,}]/);
  return JSON.stringify(end < 0 ? rest : rest.slice(0, end));
}

/** The parser does not count documents while it fails, so the markers before the position are counted. */
function documentAt(text: string, position: number): number {
  let document = 0;
  let content = false;
  let start = 0;
  while (start <= position) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end);
    if (/^---(?:\s|$)/.test(line)) {
      document += content || document > 0 ? 1 : 0;
      if (document === 0) document = 1;
      content = true;
    } else if (!content && line.trim() !== '' && !/^\s*[#%]/.test(line)) {
      content = true;
      document = Math.max(document, 1);
    }
    if (end < 0) break;
    start = end + 1;
  }
  return Math.max(document, 1);
}
