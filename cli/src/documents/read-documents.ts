import { DocumentError, parseFleetDocument } from '@flotilla/common/fleet-api/document';
import { fleetApiVersion } from '@flotilla/common/fleet-api/fields';
import { parseYamlDocuments } from '@flotilla/common/yaml/parse';
import { YamlError } from '@flotilla/common/yaml/yaml-error';
import type { DocumentFile } from './document-files.js';

/** A document, and where it stands. */
export interface LocatedDocument {
  readonly path: string;
  /** Position in its file, from 1. */
  readonly index: number;
  /** `Kind/name`. */
  readonly name: string;
  /** As it was written: the hub fills in what is left out. */
  readonly value: unknown;
}

export interface DocumentsRead {
  readonly documents: readonly LocatedDocument[];
  /** One line each: file, document, field, and what is wrong. */
  readonly problems: readonly string[];
}

/** Reads the documents of files and checks each by itself; every problem is told, not only the first. */
export function readDocuments(files: readonly DocumentFile[]): DocumentsRead {
  const documents: LocatedDocument[] = [];
  const problems: string[] = [];
  for (const file of files) {
    for (const { index, value } of valuesOf(file, problems)) {
      const document = readDocument(file.path, index, value, problems);
      if (document === undefined) continue;
      const other = documents.find(({ name }) => name === document.name);
      if (other) problems.push(problemLine(document, 'metadata.name', `is in ${placeOf(other)}, too`));
      else documents.push(document);
    }
  }
  return { documents, problems };
}

function valuesOf(
  { path, text, fromFolder }: DocumentFile,
  problems: string[],
): readonly { readonly index: number; readonly value: unknown }[] {
  try {
    const values = parseYamlDocuments(text);
    return fromFolder ? values.filter(({ value }) => isOurs(value)) : values;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    problems.push(`${path}: ${error.message}`);
    return [];
  }
}

function readDocument(
  path: string,
  index: number,
  value: unknown,
  problems: string[],
): LocatedDocument | undefined {
  try {
    const { kind, metadata } = parseFleetDocument(value);
    return { path, index, name: `${kind}/${metadata.name}`, value };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    const place = { path, index, name: error.document };
    problems.push(...error.problems.map(({ field, message }) => problemLine(place, field, message)));
    return undefined;
  }
}

/** Whether a document is one of Flotilla, by its group: a wrong version of it is told, others are left alone. */
function isOurs(value: unknown): boolean {
  const { apiVersion } = (value ?? {}) as { apiVersion?: unknown };
  const group = fleetApiVersion.slice(0, fleetApiVersion.indexOf('/') + 1);
  return typeof apiVersion === 'string' && apiVersion.startsWith(group);
}

/** `fleet.yaml, document 2 (Pipeline/shop): spec.environments[1].name: …` */
export function problemLine(
  document: Pick<LocatedDocument, 'path' | 'index' | 'name'>,
  field: string,
  message: string,
): string {
  return `${placeOf(document)} (${document.name}): ${field}: ${message}`;
}

function placeOf({ path, index }: Pick<LocatedDocument, 'path' | 'index'>): string {
  return `${path}, document ${index}`;
}
