/** One requirement of a selector; all of them have to hold. */
export type Requirement =
  | { readonly operator: 'in' | 'notin'; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: 'exists' | 'absent'; readonly key: string }
  | { readonly operator: 'gt' | 'lt'; readonly key: string; readonly value: bigint };

/** A parsed label selector; without requirements it selects everything. */
export type Selector = readonly Requirement[];

/** Whether labels satisfy a selector. `!=` and `notin` hold for objects without the label. */
export function matchesSelector(
  selector: Selector,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return selector.every((requirement) => holds(requirement, valueOf(labels, requirement.key)));
}

function valueOf(labels: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function holds(requirement: Requirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'gt':
      return isInteger(value) && BigInt(value) > requirement.value;
    case 'lt':
      return isInteger(value) && BigInt(value) < requirement.value;
  }
}

function isInteger(value: string | undefined): value is string {
  return value !== undefined && /^-?[0-9]{1,19}$/.test(value);
}

/** Writes a selector in its usual form. */
export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(',');
}

function formatRequirement(requirement: Requirement): string {
  const { key } = requirement;
  switch (requirement.operator) {
    case 'in':
    case 'notin': {
      const [value = ''] = requirement.values;
      if (requirement.values.length === 1)
        return `${key}${requirement.operator === 'in' ? '=' : '!='}${value}`;
      return `${key} ${requirement.operator} (${requirement.values.join(',')})`;
    }
    case 'exists':
      return key;
    case 'absent':
      return `!${key}`;
    case 'gt':
      return `${key}>${requirement.value}`;
    case 'lt':
      return `${key}<${requirement.value}`;
  }
}
