import type { Requirement, Selector } from '../labels/selector.js';
import type { ClusterSelector } from './fields.js';

const operators = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: 'absent' } as const;

/** The selector of a document in the form that `matchesSelector` and `formatSelector` take. */
export function selectorOf({ matchLabels = {}, matchExpressions = [] }: ClusterSelector): Selector {
  return [
    ...Object.entries(matchLabels).map(([key, value]): Requirement => ({
      operator: 'in',
      key,
      values: [value],
    })),
    ...matchExpressions.map(({ key, operator, values = [] }): Requirement => {
      const wanted = operators[operator];
      return wanted === 'in' || wanted === 'notin'
        ? { operator: wanted, key, values }
        : { operator: wanted, key };
    }),
  ];
}
