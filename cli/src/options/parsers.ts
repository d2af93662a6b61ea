import { readDuration } from '@flotilla/common/duration/duration';
import { InvalidArgumentError } from 'commander';

/** Reads `--timeout`; in milliseconds. */
export function parseTimeout(text: string): number {
  const ms = duration(text);
  if (ms <= 0 || ms > maxTimerMs) throw new InvalidArgumentError('expected a duration from 1ms to 24 days.');
  return ms;
}

/** setTimeout counts milliseconds in 31 bits. */
const maxTimerMs = 2 ** 31 - 1;

/** Reads `--ttl`; in whole seconds. Days are common here, and Go's durations have none. */
export function parseTtl(text: string): number {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  return days === undefined ? Math.ceil(duration(text) / 1000) : Number(days) * 86_400;
}

function duration(text: string): number {
  const ms = readDuration(text);
  if (ms === undefined || ms < 0)
    throw new InvalidArgumentError('expected a duration, for example 30s, 5m or 1h30m.');
  return ms;
}

/** Values of a flag that may be given several times, each with several values between commas. */
export function collect(text: string, before: readonly string[] = []): string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) throw new InvalidArgumentError('expected a value.');
  return [...before, ...parts];
}

/** Values of a flag that may be given several times, each taken as it is: commas may be part of it. */
export function collectWhole(text: string, before: readonly string[] = []): string[] {
  if (text === '') throw new InvalidArgumentError('expected a value.');
  return [...before, text];
}

/** `key=value` pairs, given several times or between commas. */
export function collectLabels(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const labels: Record<string, string> = { ...before };
  for (const pair of collect(text)) {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw new InvalidArgumentError('expected key=value.');
    labels[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return labels;
}

/** Reads a whole number in a range. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  };
}

/** `true` or `false`; the flag alone is true. */
export function parseFlag(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('expected true or false.');
}

/** Words of a closed list without regard to case, several between commas; gives them as the list has them. */
export function wordsOf<const Words extends readonly string[]>(
  words: Words,
): (text: string, before?: readonly string[]) => string[] {
  return (text, before = []) => {
    const found = collect(text).map((word) => {
      const known = words.find((candidate) => candidate.toLowerCase() === word.toLowerCase());
      if (known === undefined) throw new InvalidArgumentError(`"${word}" is none of ${words.join(', ')}.`);
      return known;
    });
    return [...before, ...found];
  };
}

/** A point in time: RFC 3339, or a duration that is counted back from now. Gives RFC 3339. */
export function parseSince(text: string, now: Date): string {
  const back = /^\d{1,5}d$/.test(text) ? Number.parseInt(text, 10) * 86_400_000 : readDuration(text);
  if (back !== undefined && back >= 0) return new Date(now.getTime() - back).toISOString();
  const time = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('expected a duration such as 1h, or a time such as 2026-01-31T12:00:00Z.');
  return new Date(time).toISOString();
}

/** A point in time with its offset from UTC, as RFC 3339 writes it; seconds may be left out. Gives RFC 3339 in UTC. */
export function parsePointInTime(text: string): string {
  const written = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/i;
  const time = written.test(text) ? Date.parse(text.replace(' ', 'T').toUpperCase()) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError(
      'expected a time with its offset from UTC, for example 2026-01-31T12:00:00Z or 2026-01-31T13:00:00+01:00.',
    );
  return new Date(time).toISOString();
}
