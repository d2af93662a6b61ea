/** One requirement of a selector; all have to hold. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

const key = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?`;
const value = '[-A-Za-z0-9_.]*';
const setForm = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const equalForm = new RegExp(`^(${key})\\s*(==|=|!=)\\s*(${value})$`);
const existsForm = new RegExp(`^(!?)\\s*(${key})$`);

/** Reads a selector in Kubernetes syntax; null when it is none. */
export function parseLabelSelector(text: string): readonly LabelRequirement[] | null {
  if (text.trim() === '') return [];
  const parts = text.split(/,(?![^(]*\))/).map((part) => requirementOf(part.trim()));
  return parts.every((part) => part !== null) ? parts : null;
}

function requirementOf(text: string): LabelRequirement | null {
  const [, setKey, setOperator, list] = setForm.exec(text) ?? [];
  if (setKey !== undefined && list !== undefined) {
    const values = list.split(',').map((one) => one.trim());
    if (!values.every((one) => new RegExp(`^${value}$`).test(one))) return null;
    return { key: setKey, operator: setOperator === 'in' ? 'In' : 'NotIn', values };
  }
  const [, equalKey, equalOperator, equalValue] = equalForm.exec(text) ?? [];
  if (equalKey !== undefined && equalValue !== undefined) {
    return { key: equalKey, operator: equalOperator === '!=' ? 'NotIn' : 'In', values: [equalValue] };
  }
  const [, not, existsKey] = existsForm.exec(text) ?? [];
  return existsKey === undefined
    ? null
    : { key: existsKey, operator: not === '!' ? 'DoesNotExist' : 'Exists', values: [] };
}
