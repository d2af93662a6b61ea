import { CelError } from './cel-error.js';
import type { Budget } from './budget.js';
import { parseType, splitTypes, type CelType } from './types.js';
import { typeNameOf, type Value } from './values.js';

/** One form of a function: the types that it takes and gives, and what it does. */
export interface Overload {
  readonly takes: readonly CelType[];
  readonly gives: CelType;
  readonly call: (args: readonly Value[], budget: Budget) => Value;
}

/** A form with its name; of a method the receiver is the first argument. */
export interface NamedOverload extends Overload {
  readonly name: string;
  readonly isMethod: boolean;
}

type Call<Args extends readonly Value[]> = (args: Args, budget: Budget) => Value;

/** A function, e.g. `sets.contains(list(T), list(T)): bool`. */
export function fn<Args extends readonly Value[]>(signature: string, call: Call<Args>): NamedOverload {
  const { name, takes, gives } = parseSignature(signature);
  return { name, isMethod: false, takes, gives, call: call as unknown as Overload['call'] };
}

/** A method of a type, e.g. `charAt(int): string` of `string`. */
export function method<Args extends readonly Value[]>(
  receiver: string,
  signature: string,
  call: Call<Args>,
): NamedOverload {
  const overload = fn(signature, call);
  return { ...overload, isMethod: true, takes: [parseType(receiver), ...overload.takes] };
}

function parseSignature(signature: string): { name: string; takes: CelType[]; gives: CelType } {
  const open = signature.indexOf('(');
  const colon = signature.lastIndexOf(':');
  return {
    name: signature.slice(0, open),
    takes: splitTypes(signature.slice(open + 1, signature.lastIndexOf(')', colon))),
    gives: parseType(signature.slice(colon + 1)),
  };
}

/** All functions by name and kind. */
export class FunctionTable {
  readonly #overloads = new Map<string, Overload[]>();

  constructor(all: readonly NamedOverload[]) {
    for (const { name, isMethod, ...overload } of all) {
      const key = keyOf(name, isMethod);
      this.#overloads.set(key, [...(this.#overloads.get(key) ?? []), overload]);
    }
  }

  find(name: string, isMethod: boolean): readonly Overload[] | undefined {
    return this.#overloads.get(keyOf(name, isMethod));
  }

  /** Calls the form that takes these values. @throws CelError when there is none */
  call(name: string, isMethod: boolean, args: readonly Value[], budget: Budget): Value {
    const overload = this.find(name, isMethod)?.find(({ takes }) => fits(takes, args));
    if (!overload) {
      throw new CelError(`no such overload: ${name}(${args.map(typeNameOf).join(', ')})`);
    }
    return overload.call(args, budget);
  }
}

function keyOf(name: string, isMethod: boolean): string {
  return isMethod ? `.${name}` : name;
}

function fits(takes: readonly CelType[], args: readonly Value[]): boolean {
  return takes.length === args.length && takes.every(({ name }, at) => isOf(name, args[at]!));
}

function isOf(type: string, value: Value): boolean {
  return type === 'dyn' || /^[A-Z]$/.test(type) || type === typeNameOf(value);
}
