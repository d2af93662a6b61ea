import type { z } from 'zod';

/** One command-line flag, which is an environment variable too. */
export interface Flag<T> {
  /** Without the dashes, e.g. `kube-api-qps`. */
  name: string;
  description: string;
  /** Placeholder in the help; absent for a switch. */
  value?: string;
  /** Turns the text of the flag or the variable into its value. Its issue texts are shown to people. */
  schema: z.ZodType<T, string | undefined>;
  /** As text, as a person would write it. */
  default?: string;
  /** May be given several times; the texts are joined by commas. */
  repeatable?: boolean;
  /** Variables that are read besides the general one, because others set them. */
  env?: readonly string[];
  /** Never shown in messages or logs. */
  secret?: boolean;
}

export type Flags = Record<string, Flag<unknown>>;
export type Values<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** The environment variable of a flag: `kube-api-qps` is FLOTILLA_AGENT_KUBE_API_QPS. */
export function variableOf(prefix: string, name: string): string {
  return `${prefix}_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** Thrown when a flag or variable has a value that does not fit. Names the flag and where the value came from. */
export class InvalidFlagError extends Error {
  override readonly name = 'InvalidFlagError';
}

/** What a command-line parser has to know of a flag. Values stay text: they are checked once, wherever they came from. */
export interface FlagSyntax {
  /** e.g. `--kube-api-qps <n>`; a switch may be given alone or with true or false. */
  syntax: string;
  description: string;
  /** Joins a text to those that were given before. */
  collect?: (text: string, before: string | undefined) => string;
}

export function syntaxOf(prefix: string, flag: Flag<unknown>): FlagSyntax {
  const fallback = flag.default ? `, default ${flag.default}` : '';
  const variables = [variableOf(prefix, flag.name), ...(flag.env ?? [])].join(' or ');
  return {
    syntax: flag.value ? `--${flag.name} <${flag.value}>` : `--${flag.name} [true|false]`,
    description: `${flag.description} (env ${variables}${fallback})`,
    ...(flag.repeatable ? { collect: (text, before) => (before ? `${before},${text}` : text) } : {}),
  };
}

/** Reads every flag from the command line, else the environment, else its default. @throws InvalidFlagError */
export function readFlags<F extends Flags>(
  prefix: string,
  flags: F,
  given: Readonly<Record<string, string | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): Values<F> {
  const values: Record<string, unknown> = {};
  for (const [key, flag] of Object.entries(flags)) {
    const { text, from } = textOf(prefix, flag, given[key], environment);
    const parsed = flag.schema.safeParse(text);
    if (!parsed.success) {
      const shown = flag.secret ? '' : ` ${JSON.stringify(withoutUser(text ?? ''))}`;
      const reason = parsed.error.issues.map((issue) => issue.message).join('; ');
      throw new InvalidFlagError(`${from} has the invalid value${shown}: ${reason}`);
    }
    values[key] = parsed.data;
  }
  return values as Values<F>;
}

/** An address as it may be shown: who writes a password into one should not find it in a log. */
function withoutUser(text: string): string {
  return text.replaceAll(/:\/\/\S*@/g, '://…@');
}

function textOf(
  prefix: string,
  flag: Flag<unknown>,
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): { text: string | undefined; from: string } {
  if (given !== undefined) return { text: given, from: `flag --${flag.name}` };
  for (const variable of [variableOf(prefix, flag.name), ...(flag.env ?? [])]) {
    const text = environment[variable];
    if (text !== undefined && text !== '') return { text, from: `environment variable ${variable}` };
  }
  return { text: flag.default, from: `flag --${flag.name}` };
}

/**
 * What a command-line parser found, by the keys of the flags. Parsers name an option by its flag in camel case
 * (`tlsName`), the table of flags by its subject (`tlsNames`); a switch without a text counts as true.
 */
export function givenByKey(
  flags: Flags,
  options: Readonly<Record<string, string | true | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(flags).map(([key, flag]) => [key, options[camelCase(flag.name)]?.toString()]),
  );
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
