import { SelectorError, parseSelector } from '@flotilla/common/labels/parse-selector';
import type { Requirement, Selector } from '@flotilla/common/labels/selector';
import type { Bind } from '../../paging/sql-conditions.js';
import { invalid } from '../../platform/errors/hub-error.js';

/** The SQL of a selector in Kubernetes syntax, on a jsonb column of labels. @throws HubError Invalid */
export function labelSelectorSql(text: string, column: string, bind: Bind): string {
  return selectorSql(parsedSelector(text), column, bind);
}

/** The SQL of a parsed selector, on a jsonb column of labels. */
export function selectorSql(selector: Selector, column: string, bind: Bind): string {
  const requirements = selector.map((requirement) => `(${requirementSql(requirement, column, bind)})`);
  return requirements.join(' AND ') || 'true';
}

function parsedSelector(text: string): Selector {
  try {
    return parseSelector(text);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw invalid('labelSelector', error.message, { remedy: 'for example: env in (staging,prod),!canary' });
  }
}

function requirementSql(requirement: Requirement, column: string, bind: Bind): string {
  const { key } = requirement;
  switch (requirement.operator) {
    case 'exists':
      return `jsonb_exists(${column}, ${bind(key)})`;
    case 'absent':
      return `NOT jsonb_exists(${column}, ${bind(key)})`;
    case 'in':
      // Containment is what the index on the labels serves.
      return requirement.values
        .map((value) => `${column} @> ${bind(JSON.stringify({ [key]: value }))}::jsonb`)
        .join(' OR ');
    case 'notin':
      return `coalesce(${column} ->> ${bind(key)} <> ALL(${bind(requirement.values)}), true)`;
    case 'gt':
    case 'lt':
      return comparisonSql(requirement, column, bind);
  }
}

/** A label that is no number is neither greater nor less. */
function comparisonSql(
  { operator, key, value }: Extract<Requirement, { readonly operator: 'gt' | 'lt' }>,
  column: string,
  bind: Bind,
): string {
  const label = `${column} ->> ${bind(key)}`;
  const sign = operator === 'gt' ? '>' : '<';
  return `CASE WHEN ${label} ~ '^-?[0-9]{1,19}$' THEN (${label})::numeric ${sign} ${bind(String(value))}::numeric ELSE false END`;
}
