import type { Logger as PinoLogger } from 'pino';
import { destination, pino } from 'pino';
import { currentLogFields, type LogFields } from './log-context.js';
import { redact } from './redact.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'error';

/** Writes log lines: a constant message and fields. `error` takes an Error in the field `error`. */
export interface Logger {
  trace(fields: LogFields, message: string): void;
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** The same logger with fields that every line carries. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  /** `--log-level`. Default info. */
  level?: LogLevel;
  /** `--log-encoding`. Default json. */
  encoding?: 'json' | 'console';
  /** Default: stderr. */
  write?: (line: string) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** A logger with the lines of flux-compat 7: `{level, ts, msg, ...}`, which `flux logs` can read. */
export function createLogger(options: LoggerOptions): Logger {
  const output = options.write ?? toStderr();
  const encode = options.encoding === 'console' ? consoleLine : (line: string): string => line;
  const root = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: () => `,"ts":"${new Date(options.now()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      mixin: () => ({ ...currentLogFields() }),
      serializers: { error: errorText, err: errorText },
    },
    { write: (line) => output(redact(encode(line))) },
  );
  return wrap(root);
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

function wrap(target: PinoLogger): Logger {
  return {
    trace: (fields, message) => target.trace(fields, message),
    debug: (fields, message) => target.debug(fields, message),
    info: (fields, message) => target.info(fields, message),
    error: (fields, message) => target.error(fields, message),
    child: (fields) => wrap(target.child(fields)),
  };
}

function errorText(value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}

function toStderr(): (line: string) => void {
  const stderr = destination({ dest: 2, sync: true });
  return (line) => stderr.write(line);
}

/** `ts LEVEL logger message {fields}`, separated by tabs as zap does. */
function consoleLine(line: string): string {
  const { level, ts, msg, logger, ...fields } = JSON.parse(line) as Record<string, string>;
  const parts = [
    ts,
    level?.toUpperCase(),
    logger,
    msg,
    Object.keys(fields).length > 0 ? JSON.stringify(fields) : undefined,
  ];
  return `${parts.filter((part) => part !== undefined).join('\t')}\n`;
}
