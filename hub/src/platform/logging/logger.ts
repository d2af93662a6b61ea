import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';

/** Injection token of the hub's pino logger. */
export const LOGGER = Symbol('logger');

/** Fields that may hold a secret; their values never reach the log. */
const secretFields = [
  'password',
  'token',
  'secret',
  'authorization',
  'cookie',
  'joinToken',
  'databaseUrl',
  'privateKey',
];
/** Secrets inside texts: join and API tokens, passwords in URLs. */
const secretText = /\b(fl[a-z]_[A-Za-z0-9]+)_[A-Za-z0-9_-]+|(:\/\/[^:/\s@]*):[^@\s/]+@/g;

/** Masks what looks like a token or a password in a URL. */
export function maskSecrets(text: string): string {
  return text.replace(secretText, (_, token: string | undefined, user: string | undefined) =>
    token === undefined ? `${user}:***@` : `${token}_***`,
  );
}

/** JSON lines on stderr, or to `destination`. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '***',
      },
      hooks: { streamWrite: maskSecrets },
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
