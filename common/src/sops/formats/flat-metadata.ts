import { SopsError } from '../sops-error.js';

type Fields = Record<string, unknown>;
type Step = { readonly key: string } | { readonly position: number };

/** More keys than this in one file mean that the file is broken. */
const maxPosition = 1_000;

/**
 * Metadata of formats without nesting: `age__list_0__map_recipient` is the field `recipient` of the first of `age`.
 * Line breaks are written as `\n`.
 * @throws SopsError
 */
export function unflattenMetadata(flat: ReadonlyMap<string, string>): unknown {
  const root: Fields = {};
  for (const [name, value] of flat) place(root, stepsOf(name), value.replaceAll('\\n', '\n'));
  return root;
}

function stepsOf(name: string): Step[] {
  const [first = '', ...rest] = name.split(/(?=__(?:map|list)_)/);
  return [{ key: first }, ...rest.map(stepOf)];
}

function stepOf(part: string): Step {
  if (part.startsWith('__map_')) return { key: part.slice('__map_'.length) };
  const position = Number(part.slice('__list_'.length));
  if (Number.isInteger(position) && position >= 0 && position <= maxPosition) return { position };
  throw new SopsError(`invalid sops metadata: "${part.slice(0, 40)}" is no position in a list`);
}

function place(root: Fields, steps: readonly Step[], value: string): void {
  let holder: Fields | unknown[] = root;
  steps.forEach((step, index) => {
    const next = steps[index + 1];
    const fresh = next === undefined ? value : 'position' in next ? [] : {};
    const inner: unknown = child(holder, step) ?? fresh;
    put(holder, step, inner);
    if (next === undefined) return;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner) !== 'position' in next) {
      throw new SopsError('invalid sops metadata: a field is both a value and a list or mapping');
    }
    holder = inner as Fields | unknown[];
  });
}

function child(holder: Fields | unknown[], step: Step): unknown {
  if ('position' in step) return (holder as unknown[])[step.position];
  return Object.hasOwn(holder, step.key) ? (holder as Fields)[step.key] : undefined;
}

function put(holder: Fields | unknown[], step: Step, value: unknown): void {
  if ('position' in step) (holder as unknown[])[step.position] = value;
  else
    Object.defineProperty(holder, step.key, { value, enumerable: true, writable: true, configurable: true });
}
