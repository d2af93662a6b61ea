import { createHash } from 'node:crypto';
import { PlannedChange_Action as WireAction } from '@flotilla/proto/flotilla/v1/question';
import type { PlannedChange } from '@flotilla/proto/flotilla/v1/question';

export const planActions = ['Create', 'Configure', 'Delete', 'Recreate'] as const;
export type PlanAction = (typeof planActions)[number];

/** One field of an object; without `before` it comes, without `after` it goes. */
export interface PlanField {
  /** JSON pointer. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface PlanObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What would happen to one object. */
export interface PlanChange {
  readonly action: PlanAction;
  readonly object: PlanObject;
  readonly fields: readonly PlanField[];
  /** Fields that are not listed. */
  readonly omittedFields: number;
}

const actionOf: Readonly<Partial<Record<WireAction, PlanAction>>> = {
  [WireAction.ACTION_CREATE]: 'Create',
  [WireAction.ACTION_CONFIGURE]: 'Configure',
  [WireAction.ACTION_DELETE]: 'Delete',
  [WireAction.ACTION_RECREATE]: 'Recreate',
};

/** A change as an agent tells it; undefined for an action of a newer agent. */
export function planChange({ action, object, fields, omittedFields }: PlannedChange): PlanChange | undefined {
  const known = actionOf[action];
  if (!known || !object) return undefined;
  const { apiVersion, kind, namespace, name } = object;
  return {
    action: known,
    object: {
      apiVersion: plain(apiVersion),
      kind: plain(kind),
      namespace: plain(namespace),
      name: plain(name),
    },
    fields: fields.map(({ path, before, after }) => ({
      path: plain(path),
      ...(before === '' ? {} : { before: valueOf(before) }),
      ...(after === '' ? {} : { after: valueOf(after) }),
    })),
    omittedFields,
  };
}

/** Equal changes have equal digests. */
export function changeDigest(change: PlanChange): string {
  return createHash('sha256').update(JSON.stringify(change)).digest('hex').slice(0, 40);
}

function plain(text: string): string {
  return text.replaceAll('\0', '');
}

/** JSON that PostgreSQL takes; a number that JavaScript cannot hold stays a text. */
function valueOf(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'number' && String(value) !== json) return plain(json);
    return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
      typeof part === 'string' ? plain(part) : part,
    );
  } catch {
    return plain(json);
  }
}
