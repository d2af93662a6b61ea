import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** What Nest itself logs, as pino lines: the wiring of modules is of interest only when it is debugged. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    // What ends the start is thrown as well, and `main` says it in one line.
    const isThrown = rest.some((part) => part === 'ExceptionHandler' || part === 'NestApplication');
    this.write(isThrown ? 'debug' : 'error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest appends the context as the last string. */
  private write(
    level: 'trace' | 'debug' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.findLast((part) => typeof part === 'string');
    const err = message instanceof Error ? message : rest.find((part) => part instanceof Error);
    const detail = typeof message === 'string' || message instanceof Error ? undefined : message;
    this.logger[level]({ context, err, detail, framework: messageText(message) }, 'framework');
  }
}

function messageText(message: unknown): string | undefined {
  if (typeof message === 'string') return message;
  return message instanceof Error ? message.message : undefined;
}
