import type { LabelRequirement } from '../domain/label-selector.js';
import { parseLabelSelector } from '../domain/label-selector.js';
import { invalid } from '../../platform/errors/hub-error.js';
import type { Bind } from '../../paging/sql-conditions.js';

/** The SQL of a selector in Kubernetes syntax, on a jsonb column of labels. @throws HubError Invalid */
export function labelSelectorSql(text: string, column: string, bind: Bind): string {
  const requirements = parseLabelSelector(text);
  if (requirements !== null) return requirementsSql(requirements, column, bind);
  throw invalid('labelSelector', `labelSelector "${text}" is not valid`, {
    remedy: 'for example: env in (staging,prod),!canary',
  });
}

function requirementsSql(requirements: readonly LabelRequirement[], column: string, bind: Bind): string {
  return (
    requirements.map((requirement) => `(${requirementSql(requirement, column, bind)})`).join(' AND ') ||
    'true'
  );
}

function requirementSql({ key, operator, values }: LabelRequirement, column: string, bind: Bind): string {
  if (operator === 'Exists') return `jsonb_exists(${column}, ${bind(key)})`;
  if (operator === 'DoesNotExist') return `NOT jsonb_exists(${column}, ${bind(key)})`;
  // Containment is what the index on the labels serves.
  if (operator === 'In') {
    return (
      values.map((value) => `${column} @> ${bind(JSON.stringify({ [key]: value }))}::jsonb`).join(' OR ') ||
      'false'
    );
  }
  return `coalesce(${column} ->> ${bind(key)} <> ALL(${bind(values)}), true)`;
}
