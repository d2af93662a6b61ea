import { EnvironmentDocument } from './environment.js';
import { fleetApiVersion } from './fields.js';
import { FreezeDocument } from './freeze.js';
import { problemsOf } from './issue-problems.js';
import { PipelineDocument } from './pipeline.js';

/** Kinds of documents that configure the hub, in the order in which they are applied. */
export const fleetKinds = ['Environment', 'Pipeline', 'Freeze'] as const;
export type FleetKind = (typeof fleetKinds)[number];

const schemas = { Environment: EnvironmentDocument, Pipeline: PipelineDocument, Freeze: FreezeDocument };
export type FleetDocument = EnvironmentDocument | PipelineDocument | FreezeDocument;

/** What is wrong with a field of a document. */
export interface DocumentProblem {
  /** E.g. "spec.environments[1].gates.before[0].timeZone". */
  readonly field: string;
  readonly message: string;
}

/** A document that is not valid: names it, and each field with what is wrong. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  constructor(
    readonly document: string,
    readonly problems: readonly DocumentProblem[],
  ) {
    super(problems.map(({ field, message }) => `${document}: ${field}: ${message}`).join('\n'));
  }
}

/** Reads one parsed YAML or JSON document, with defaults filled in. @throws DocumentError */
export function parseFleetDocument(value: unknown): FleetDocument {
  const name = nameOf(value);
  const { kind, apiVersion } = (value ?? {}) as { kind?: unknown; apiVersion?: unknown };
  if (!fleetKinds.includes(kind as FleetKind)) {
    throw new DocumentError(name, [
      {
        field: 'kind',
        message: `must be one of ${fleetKinds.join(', ')}${typeof kind === 'string' ? `, not "${kind}"` : ''}`,
      },
    ]);
  }
  if (apiVersion !== fleetApiVersion) {
    throw new DocumentError(name, [{ field: 'apiVersion', message: `must be ${fleetApiVersion}` }]);
  }
  const parsed = schemas[kind as FleetKind].safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DocumentError(
    name,
    parsed.error.issues.flatMap((issue) => problemsOf(issue, value)),
  );
}

function nameOf(value: unknown): string {
  const { kind, metadata } = (value ?? {}) as { kind?: unknown; metadata?: { name?: unknown } };
  const name = metadata?.name;
  return `${typeof kind === 'string' ? kind : 'document'}/${typeof name === 'string' ? name : '?'}`;
}
