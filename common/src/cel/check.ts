import { CelError } from './cel-error.js';
import { checkAggregate } from './check-aggregates.js';
import { checkOperator } from './check-operators.js';
import { allFunctions } from './functions/all-functions.js';
import { asComprehension, asPresenceTest, type Comprehension } from './macros.js';
import { dottedName, resolveCall, typeNamed } from './names.js';
import { problemAt, type ASTNode } from './parse-expression.js';
import type { Scope } from './scope.js';
import type { Overload } from './signatures.js';
import {
  accepts,
  bool,
  dyn,
  formatType,
  isSameType,
  join,
  listOf,
  optionalOf,
  resolve,
  type CelType,
} from './types.js';

/** Finds the type of an expression (the checker of CEL). */
export class Checker {
  constructor(
    readonly text: string,
    readonly variables: Scope<CelType>,
  ) {}

  /** @throws CelError that names the place */
  typeOf(node: ASTNode): CelType {
    switch (node.op) {
      case 'value':
        return literalType(node.args);
      case 'id':
        return this.variables.get(node.args) ?? this.#typeName(node, node.args);
      case '.':
        return this.#field(node);
      case '.?':
        return optionalOf(this.#member(node, this.typeOf(node.args[0])));
      case '[]':
        return this.#index(node, node.args);
      case '[?]':
        return optionalOf(contentOf(this.#index(node, node.args)));
      case 'list':
      case 'map':
        return checkAggregate(node, (item) => this.typeOf(item), this.#fail);
      case '?:':
        this.#mustBeBool(node.args[0]);
        return join(this.typeOf(node.args[1]), this.typeOf(node.args[2]));
      case '&&':
      case '||':
        node.args.forEach((side) => this.#mustBeBool(side));
        return bool;
      case 'call':
      case 'rcall':
        return this.#call(node);
      default:
        return checkOperator(node, (side) => this.typeOf(side), this.#fail);
    }
  }

  readonly #fail = (node: ASTNode, message: string): never => {
    throw new CelError(problemAt(this.text, node.pos, message));
  };

  #typeName(node: ASTNode, name: string): CelType {
    if (typeNamed(name)) return { name: 'type', args: [] };
    return this.#fail(node, `undeclared reference to '${name}' (in container '')`);
  }

  #field(node: Extract<ASTNode, { op: '.' }>): CelType {
    const name = dottedName(node);
    if (name !== undefined && !this.variables.get(name.slice(0, name.indexOf('.'))) && typeNamed(name)) {
      return { name: 'type', args: [] };
    }
    return this.#member(node, this.typeOf(node.args[0]));
  }

  #member(node: ASTNode, holder: CelType): CelType {
    if (holder.name === 'dyn') return dyn;
    if (holder.name === 'map') return holder.args[1] ?? dyn;
    if (holder.name === 'optional_type') return optionalOf(this.#member(node, contentOf(holder)));
    return this.#fail(node, `type '${formatType(holder)}' does not support field selection`);
  }

  #index(node: ASTNode, [holder, index]: readonly [ASTNode, ASTNode]): CelType {
    const [type, at] = [this.typeOf(holder), this.typeOf(index)];
    const inner = contentOf(type);
    if (inner.name === 'dyn') return dyn;
    const isNumber = ['int', 'uint', 'double', 'dyn'].includes(at.name);
    const fits =
      inner.name === 'list' ? isNumber : inner.name === 'map' && accepts(inner.args[0]!, at, new Map());
    if (!fits) return this.#fail(node, noOverload('_[_]', false, [type, at]));
    const item = inner.args.at(-1) ?? dyn;
    return type.name === 'optional_type' ? optionalOf(item) : item;
  }

  #mustBeBool(node: ASTNode): void {
    const type = this.typeOf(node);
    if (type.name !== 'bool' && type.name !== 'dyn') {
      this.#fail(node, `expected type 'bool' but found '${formatType(type)}'`);
    }
  }

  #call(node: Extract<ASTNode, { op: 'call' | 'rcall' }>): CelType {
    const presence = asPresenceTest(node);
    if (presence) {
      this.#member(presence, this.typeOf(presence.args[0]));
      return bool;
    }
    const comprehension = asComprehension(node);
    if (comprehension) return this.#comprehension(comprehension);
    const { name, isMethod, args } = resolveCall(node);
    const overloads = allFunctions.find(name, isMethod) ?? fallbacks(name, isMethod);
    if (!overloads) return this.#fail(node, `undeclared reference to '${name}' (in container '')`);
    const types = args.map((arg) => this.typeOf(arg));
    return resultOf(overloads, types) ?? this.#fail(node, noOverload(name, isMethod, types));
  }

  #comprehension(comprehension: Comprehension): CelType {
    const { kind, over, variable, test, becomes } = comprehension;
    const type = this.typeOf(over);
    const wanted = kind.startsWith('opt') ? ['optional_type'] : ['list', 'map'];
    if (type.name !== 'dyn' && !wanted.includes(type.name)) {
      return this.#fail(
        over,
        `expression of type '${formatType(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
      );
    }
    const item = type.args[0] ?? dyn;
    const inner = new Checker(this.text, this.variables.with(variable, item));
    if (test) inner.#mustBeBool(test);
    const made = becomes ? inner.typeOf(becomes) : bool;
    switch (kind) {
      case 'filter':
        return listOf(item);
      case 'map':
        return listOf(made);
      case 'optMap':
        return optionalOf(made);
      default:
        return made;
    }
  }
}

function literalType(value: Extract<ASTNode, { op: 'value' }>['args']): CelType {
  if (value === null) return { name: 'null_type', args: [] };
  if (value instanceof Uint8Array) return { name: 'bytes', args: [] };
  const names: Readonly<Record<string, string>> = {
    string: 'string',
    boolean: 'bool',
    bigint: 'int',
    number: 'double',
  };
  return { name: names[typeof value] ?? 'uint', args: [] };
}

function contentOf(type: CelType): CelType {
  return type.name === 'optional_type' ? (type.args[0] ?? dyn) : type;
}

const optionalT: CelType = optionalOf({ name: 'T', args: [] });
const orOverloads: Readonly<Record<string, Pick<Overload, 'takes' | 'gives'>>> = {
  or: { takes: [optionalT, optionalT], gives: optionalT },
  orValue: { takes: [optionalT, { name: 'T', args: [] }], gives: { name: 'T', args: [] } },
};

/** The two methods that the evaluator carries out itself. */
function fallbacks(
  name: string,
  isMethod: boolean,
): ReadonlyArray<Pick<Overload, 'takes' | 'gives'>> | undefined {
  const found = isMethod && Object.hasOwn(orOverloads, name) ? orOverloads[name] : undefined;
  return found && [found];
}

/** The type that the forms which may be meant give; undefined when none may. */
function resultOf(
  overloads: ReadonlyArray<Pick<Overload, 'takes' | 'gives'>>,
  types: readonly CelType[],
): CelType | undefined {
  const results = overloads.flatMap(({ takes, gives }) => {
    const bindings = new Map<string, CelType>();
    const fits =
      takes.length === types.length && takes.every((type, at) => accepts(type, types[at]!, bindings));
    return fits ? [resolve(gives, bindings)] : [];
  });
  return results.reduce<CelType | undefined>(
    (all, one) => (all === undefined || isSameType(all, one) ? one : dyn),
    undefined,
  );
}

function noOverload(name: string, isMethod: boolean, types: readonly CelType[]): string {
  const texts = types.map(formatType);
  const applied = isMethod ? `${texts[0]}.(${texts.slice(1).join(', ')})` : `(${texts.join(', ')})`;
  return `found no matching overload for '${name}' applied to '${applied}'`;
}
