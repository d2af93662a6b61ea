import { expect, it } from 'vitest';
import type { KubeObject } from '../kube/object.js';
import { parseYaml } from '../yaml/parse.js';
import { computeStatus } from './compute-status.js';
import type { KStatus } from './status.js';

export const now = new Date('2026-01-01T00:01:00Z');

/** An object of a kind; `fields` is YAML of everything but its identity. */
export function object(type: string, fields = ''): KubeObject {
  const slash = type.lastIndexOf('/');
  const extra = parseYaml(fields) as Record<string, Record<string, unknown>> | null;
  return {
    apiVersion: type.slice(0, slash),
    kind: type.slice(slash + 1),
    ...extra,
    metadata: { name: 'x', ...extra?.['metadata'] },
  };
}

export type Row = readonly [what: string, type: string, fields: string, status: KStatus, message: string];

/** One test for each row. */
export function check(rows: readonly Row[]): void {
  it.each(rows)('%s', (_what, type, fields, status, message) => {
    expect(computeStatus(object(type, fields), now)).toEqual({ status, message });
  });
}
