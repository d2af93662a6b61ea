import type { Intent } from '@flotilla/proto/flotilla/v1/intent';
import type { IntentRecord } from './intent.store.js';

/** An intent in the shape of the wire. */
export function toWire(record: IntentRecord): Intent {
  const { id, createdAt, expiresAt, requestedBy } = record;
  return { id, createdAt, expiresAt, requestedBy, action: actionOf(record) };
}

function actionOf({
  action,
  apiVersion,
  kind,
  namespace,
  name,
  withSource,
}: IntentRecord): NonNullable<Intent['action']> {
  const object = { apiVersion, kind, namespace, name };
  if (action === 'reconcile') return { $case: 'reconcile', value: { object, withSource } };
  return { $case: action, value: { object } };
}
