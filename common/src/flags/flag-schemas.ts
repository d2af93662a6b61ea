import { z } from 'zod';
import { readDuration } from '../duration/duration.js';
import { parseSelector, SelectorError } from '../labels/parse-selector.js';

/** Where a server listens. An empty host means every interface. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const hostAndPort = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]\s]*)):(?<port>\d{1,5})$/;

function parseAddress(text: string): ListenAddress | undefined {
  const groups = hostAndPort.exec(text)?.groups;
  const port = Number(groups?.['port']);
  if (!groups || port > 65_535) return undefined;
  return { host: groups['six'] ?? groups['host'] ?? '', port };
}

function address(text: string | undefined, context: z.core.$RefinementCtx<unknown>): ListenAddress {
  const parsed = parseAddress(text ?? '');
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'expected host:port or :port, for example 0.0.0.0:8443' });
  return z.NEVER;
}

/** `host:port`, `[v6]:port` or `:port`. */
export const listenAddress: z.ZodType<ListenAddress, string | undefined> = z
  .string()
  .optional()
  .transform(address);

/** `host:port` that somebody else can dial. */
export const endpoint = z.string().refine((text) => {
  const parsed = parseAddress(text);
  return parsed !== undefined && parsed.host !== '' && parsed.port > 0;
}, 'expected host:port, for example hub.example.com:8443');

/** Comma-separated; blanks and empty parts are dropped. */
export const list: z.ZodType<readonly string[], string | undefined> = z
  .string()
  .optional()
  .transform((text) =>
    (text ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

export function wholeNumber(min: number, max: number): z.ZodType<number, string | undefined> {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z
    .string()
    .optional()
    .transform((text, context) => {
      const value = /^\d{1,12}$/.test(text ?? '') ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    });
}

/** Whole seconds as text, milliseconds as value. */
export function seconds(min: number, max: number): z.ZodType<number, string | undefined> {
  return wholeNumber(min, max).transform((value) => value * 1000);
}

/** `host:port` with brackets around an IPv6 host. */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `host:port` or `:port` as text; undefined when it is empty or `0`: the server is switched off. */
export const serverAddress: z.ZodType<string | undefined, string | undefined> = z
  .string()
  .optional()
  .transform((text, context) => {
    if (text === undefined || text === '' || text === '0' || text === ':0') return undefined;
    if (parseAddress(text)) return text;
    context.addIssue({
      code: 'custom',
      message: 'expected host:port or :port, for example :8080, or 0 for none',
    });
    return z.NEVER;
  });

/** A Go duration that is not negative, in milliseconds. */
export const durationMs: z.ZodType<number, string | undefined> = z
  .string()
  .optional()
  .transform((text, context) => {
    const parsed = readDuration(text ?? '');
    if (parsed !== undefined && parsed >= 0) return parsed;
    context.addIssue({ code: 'custom', message: 'expected a duration such as 30s, 5m or 1h30m' });
    return z.NEVER;
  });

const booleans: ReadonlyMap<string | undefined, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);

/** A truth value in any form that flags of Go programs take; undefined for another text. */
export function readBoolean(text: string | undefined): boolean | undefined {
  return booleans.get(text);
}

export const boolean: z.ZodType<boolean, string | undefined> = z
  .string()
  .optional()
  .transform((text, context) => {
    const value = readBoolean(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'expected true or false' });
    return z.NEVER;
  });

/** `key=value` pairs separated by commas. */
export const pairs: z.ZodType<Readonly<Record<string, string>>, string | undefined> = z
  .string()
  .optional()
  .transform((text, context) => {
    const result: Record<string, string> = {};
    for (const part of (text ?? '').split(',').filter((item) => item.trim() !== '')) {
      const equals = part.indexOf('=');
      if (equals <= 0) {
        context.addIssue({
          code: 'custom',
          message: 'expected key=value, several of them separated by commas',
        });
        return z.NEVER;
      }
      result[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
    }
    return result;
  });

/** Any text; an empty one counts as absent. */
export const optionalText: z.ZodType<string | undefined, string | undefined> = z
  .string()
  .optional()
  .transform((text) => text || undefined);

/** A label selector; an empty one counts as absent. */
export const labelSelector: z.ZodType<string | undefined, string | undefined> = z
  .string()
  .optional()
  .transform((text, context) => {
    try {
      return parseSelector(text ?? '').length > 0 ? text : undefined;
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      const { position, reason } = error;
      context.addIssue({ code: 'custom', message: `at position ${position}: ${reason}` });
      return z.NEVER;
    }
  });

/** Where something is posted to: a URL, or a host with or without a port, which is called by HTTP. */
export const httpAddress: z.ZodType<string | undefined, string | undefined> = z
  .string()
  .optional()
  .transform((text, context) => {
    if (!text) return undefined;
    const url = text.includes('://') ? text : `http://${text}`;
    if (/^https?:\/\//i.test(url) && URL.canParse(url)) return new URL(url).href;
    context.addIssue({
      code: 'custom',
      message: 'expected a URL or host:port, for example http://notification-controller.flux-system.svc',
    });
    return z.NEVER;
  });

/** One of a list of words. */
export function oneOf<const T extends string>(...words: readonly T[]): z.ZodType<T, string | undefined> {
  return z
    .string()
    .optional()
    .transform((text, context) => {
      const word = words.find((candidate) => candidate === text);
      if (word !== undefined) return word;
      context.addIssue({ code: 'custom', message: `expected one of ${words.join(', ')}` });
      return z.NEVER;
    });
}
