import { DocumentError, fleetKinds, parseFleetDocument } from '@flotilla/common/fleet-api/document';
import type { FleetDocument } from '@flotilla/common/fleet-api/document';

/** What is wrong with one field of one document. */
export interface ConfigurationProblem {
  /** E.g. `Pipeline/shop`. */
  readonly document: string;
  readonly field: string;
  readonly message: string;
}

/** The name of a document in messages. */
export function documentName({ kind, metadata }: FleetDocument): string {
  return `${kind}/${metadata.name}`;
}

/** Reads documents and sorts them into the order in which they are applied. Every problem is told, not only the first. */
export function readDocuments(values: readonly unknown[]): {
  readonly documents: readonly FleetDocument[];
  readonly problems: readonly ConfigurationProblem[];
} {
  const documents: FleetDocument[] = [];
  const problems: ConfigurationProblem[] = [];
  for (const value of values) {
    try {
      documents.push(parseFleetDocument(value));
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      problems.push(...error.problems.map((problem) => ({ document: error.document, ...problem })));
    }
  }
  const sorted = documents.toSorted((a, b) => fleetKinds.indexOf(a.kind) - fleetKinds.indexOf(b.kind));
  return { documents: sorted, problems: [...problems, ...repeated(documents)] };
}

function repeated(documents: readonly FleetDocument[]): readonly ConfigurationProblem[] {
  const names = documents.map(documentName);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...twice].map((document) => ({
    document,
    field: 'metadata.name',
    message: 'is there more than once; which one counts?',
  }));
}
