import { networkInterfaces } from 'node:os';
import { z } from 'zod';

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

/** Where a server listens that was given no host: every interface, by IPv6 where the machine has it. */
export function listenHost({ host }: ListenAddress): string {
  if (host !== '') return host;
  const six = Object.values(networkInterfaces()).some((list) =>
    list?.some(({ family }) => family === 'IPv6'),
  );
  return six ? '::' : '0.0.0.0';
}
