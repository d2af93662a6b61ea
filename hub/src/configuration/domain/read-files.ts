import { fleetApiVersion } from '@flotilla/common/fleet-api/fields';
import { parseYamlDocuments } from '@flotilla/common/yaml/parse';
import { YamlError } from '@flotilla/common/yaml/yaml-error';

/** A document of a file, not yet checked. */
export interface FileDocument {
  readonly path: string;
  readonly value: unknown;
}

/** A file that is no YAML. */
export interface FileProblem {
  readonly path: string;
  readonly message: string;
}

const group = fleetApiVersion.slice(0, fleetApiVersion.indexOf('/') + 1);

/** Whether a file may hold documents. */
export function isDocumentFile(path: string): boolean {
  return /\.(?:ya?ml|json)$/.test(path);
}

/** The documents of Flotilla in some files. Others, e.g. a kustomization.yaml, are counted and left alone. */
export function readFiles(files: readonly { readonly path: string; readonly text: string }[]): {
  readonly documents: readonly FileDocument[];
  readonly problems: readonly FileProblem[];
  readonly others: number;
} {
  const documents: FileDocument[] = [];
  const problems: FileProblem[] = [];
  let others = 0;
  for (const { path, text } of files) {
    try {
      for (const { value } of parseYamlDocuments(text)) {
        if (isOurs(value)) documents.push({ path, value });
        else others += 1;
      }
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      problems.push({ path, message: error.message });
    }
  }
  return { documents, problems, others };
}

/** By the group of its apiVersion, so that a wrong version is told. */
function isOurs(value: unknown): boolean {
  const { apiVersion } = (value ?? {}) as { apiVersion?: unknown };
  return typeof apiVersion === 'string' && apiVersion.startsWith(group);
}
