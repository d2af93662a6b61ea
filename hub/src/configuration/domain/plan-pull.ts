import type { FleetDocument, FleetKind } from '@flotilla/common/fleet-api/document';
import { fleetKinds } from '@flotilla/common/fleet-api/document';
import { documentName, readDocuments } from './read-documents.js';
import { readFiles } from './read-files.js';

/** What is wrong, and where. */
export interface LocatedProblem {
  /** Of the file; empty for what concerns no file. */
  readonly path: string;
  readonly document: string;
  readonly field: string;
  readonly message: string;
}

/** What a commit asks for. With problems, nothing of it is done. */
export interface PullPlan {
  readonly documents: readonly FleetDocument[];
  /** `Kind/name` -> path. */
  readonly paths: ReadonlyMap<string, string>;
  /** What the same repository had made before and has not any more; pipelines before their environments. */
  readonly gone: readonly { readonly kind: FleetKind; readonly name: string }[];
  readonly problems: readonly LocatedProblem[];
}

/** Reads the files of a commit. A repository without any document is taken for a mistake: nothing is removed. */
export function planPull(
  files: readonly { readonly path: string; readonly text: string }[],
  made: readonly { readonly kind: FleetKind; readonly name: string }[],
): PullPlan {
  const read = readFiles(files);
  const documents: FleetDocument[] = [];
  const paths = new Map<string, string>();
  const problems: LocatedProblem[] = read.problems.map((problem) => ({
    document: '',
    field: '',
    ...problem,
  }));
  for (const { path, value } of read.documents) {
    const one = readDocuments([value]);
    problems.push(...one.problems.map((problem) => ({ path, ...problem })));
    for (const document of one.documents) {
      const name = documentName(document);
      const other = paths.get(name);
      if (other !== undefined)
        problems.push({ path, document: name, field: 'metadata.name', message: `is in ${other}, too` });
      paths.set(name, path);
      documents.push(document);
    }
  }
  if (read.documents.length === 0 && problems.length === 0) problems.push(nothingThere(made.length));
  const sorted = documents.toSorted((a, b) => fleetKinds.indexOf(a.kind) - fleetKinds.indexOf(b.kind));
  const gone = made
    .filter(({ kind, name }) => !paths.has(`${kind}/${name}`))
    .toSorted((a, b) => fleetKinds.indexOf(b.kind) - fleetKinds.indexOf(a.kind));
  return { documents: sorted, paths, gone: problems.length > 0 ? [] : gone, problems };
}

/** One line for people; empty when there is no problem. */
export function summaryOf(problems: readonly LocatedProblem[]): string {
  const [first] = problems;
  if (first === undefined) return '';
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  const { path, document, field, message } = first;
  return `${[path, document, field, message].filter((part) => part !== '').join(': ')}${more}`;
}

function nothingThere(made: number): LocatedProblem {
  const kept = made === 0 ? '' : `; the ${made} that came from there are kept`;
  return {
    path: '',
    document: '',
    field: '',
    message: `no file there holds a document of flotilla.dev${kept}`,
  };
}
