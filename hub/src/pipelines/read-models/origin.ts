/** Where a document comes from that the hub has read from Git. */
export interface OriginView {
  readonly repository: string;
  readonly path: string;
  readonly commit: string;
}

/** The origin of `d` (a row of documents of this kind) as JSON, or null. */
export function originSql(kind: 'Environment' | 'Pipeline'): string {
  return `(SELECT json_build_object('repository', o.repository, 'path', o.path, 'commit', o.commit)
    FROM configuration_origins o WHERE o.kind = '${kind}' AND o.name = d.name)`;
}

/** The columns that every document shows. */
export const documentColumns = `d.name, d.labels, d.annotations, d.spec, d.generation::int AS generation,
  d.created_at AS "createdAt", d.created_by AS "createdBy", d.updated_at AS "updatedAt", d.updated_by AS "updatedBy"`;

export interface DocumentView<Spec> {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Spec;
  readonly generation: number;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
  readonly origin: OriginView | null;
}
