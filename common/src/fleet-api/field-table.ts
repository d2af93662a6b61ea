import { z } from 'zod';
import { EnvironmentSpec } from './environment.js';
import { ClusterSelector, SourceRef } from './fields.js';
import { FreezeSpec } from './freeze.js';
import { Gate } from './gates.js';
import { PipelineSpec } from './pipeline.js';
import { RolloutStrategy } from './rollout-strategy.js';

/** One field of a document, for the documentation. */
export interface FieldRow {
  readonly field: string;
  readonly type: string;
  /** `required`, or the default; empty for an optional field without one. */
  readonly presence: string;
  readonly meaning: string;
}

type Scalar = string | number | boolean;

interface Node {
  readonly type?: string;
  readonly enum?: readonly Scalar[];
  readonly const?: Scalar;
  readonly default?: Scalar | object;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly additionalProperties?: Node | boolean;
}

/** The tables of docs/spec/pipelines.md, in order. A field whose shape is a table of its own names that table. */
export const fieldTables: readonly { readonly title: string; readonly schema: z.ZodType }[] = [
  { title: 'Environment: spec', schema: EnvironmentSpec },
  { title: 'Pipeline: spec', schema: PipelineSpec },
  { title: 'Gate', schema: Gate },
  { title: 'Rollout', schema: RolloutStrategy },
  { title: 'Freeze: spec', schema: FreezeSpec },
  { title: 'Cluster selector', schema: ClusterSelector },
  { title: 'Source', schema: SourceRef },
];

/** All tables as Markdown, made from the schemas alone. */
export function fieldTablesMarkdown(): string {
  return fieldTables
    .map(({ title, schema }) => {
      const rows = fieldRows(schema).map(
        ({ field, type, presence, meaning }) => `| \`${field}\` | ${type} | ${presence} | ${meaning} |`,
      );
      return [`### ${title}`, '', '| field | value | default | meaning |', '|---|---|---|---|', ...rows].join(
        '\n',
      );
    })
    .join('\n\n');
}

/** The fields of a schema, depth first, in the order in which they are declared. */
export function fieldRows(schema: z.ZodType): readonly FieldRow[] {
  const shared = new Map(
    fieldTables
      .filter((table) => table.schema !== schema)
      .map((table) => [shapeOf(table.schema), table.title]),
  );
  return rowsOf(jsonSchema(schema), '', shared);
}

function rowsOf(node: Node, path: string, shared: ReadonlyMap<string, string>): readonly FieldRow[] {
  const variants = node.oneOf ?? node.anyOf;
  if (variants?.every(({ properties }) => properties !== undefined))
    return variants.flatMap((variant) => rowsOf(variant, `${path}${variantOf(variant)}`.trimStart(), shared));
  const required = new Set(node.required);
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    if (child.const !== undefined && variantName === name) return [];
    const separator = path === '' || path.endsWith(' ') ? '' : '.';
    const field = `${path}${separator}${name}`;
    const row = {
      field,
      type: typeOf(child, shared),
      presence: presenceOf(child, required.has(name)),
      meaning: meaningOf(child),
    };
    // An object that only groups fields needs no line of its own.
    const own = row.type === 'object' && row.meaning === '' ? [] : [row];
    return [...own, ...childrenOf(child, field, shared)];
  });
}

/** Which field tells the variants of a union apart. */
const variantName = 'type';

function variantOf({ properties }: Node): string {
  const value = properties?.[variantName]?.const;
  return typeof value === 'string' ? ` (${value}) ` : '';
}

function childrenOf(child: Node, field: string, shared: ReadonlyMap<string, string>): readonly FieldRow[] {
  if (titleOf(child, shared) !== undefined) return [];
  if (child.items) return titleOf(child.items, shared) ? [] : rowsOf(child.items, `${field}[]`, shared);
  return rowsOf(child, field, shared);
}

function typeOf(node: Node, shared: ReadonlyMap<string, string>): string {
  const title = titleOf(node, shared);
  if (title !== undefined)
    return `[${title}](#${title
      .toLowerCase()
      .replaceAll(/[^a-z ]/g, '')
      .replaceAll(' ', '-')})`;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.items) return `list of ${typeOf(node.items, shared)}`;
  const variants = node.anyOf ?? node.oneOf;
  if (variants) return [...new Set(variants.map((one) => typeOf(one, shared)))].join(' or ');
  if (typeof node.additionalProperties === 'object') return 'map of texts';
  return (
    { string: 'text', integer: 'number', number: 'number', boolean: 'true or false' }[node.type ?? ''] ??
    'object'
  );
}

function presenceOf(node: Node, required: boolean): string {
  if (required) return 'required';
  if (node.default === undefined || typeof node.default === 'object') return '';
  return `\`${String(node.default)}\``;
}

function meaningOf(node: Node): string {
  return (node.description ?? '').replaceAll('|', '\\|');
}

function titleOf(node: Node, shared: ReadonlyMap<string, string>): string | undefined {
  return shared.get(shape(node));
}

function shapeOf(schema: z.ZodType): string {
  return shape(jsonSchema(schema));
}

/** What two uses of a schema have in common. */
function shape({ properties, oneOf, anyOf }: Node): string {
  return properties || oneOf || anyOf ? JSON.stringify([properties, oneOf, anyOf]) : '';
}

function jsonSchema(schema: z.ZodType): Node {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
}
