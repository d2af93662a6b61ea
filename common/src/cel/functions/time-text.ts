import { CelError } from '../cel-error.js';
import { Duration, Timestamp } from '../values.js';

const second = 1_000_000_000n;

const timestampForm = /^(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339, to the nanosecond. @throws CelError */
export function parseTimestamp(text: string): Timestamp {
  const found = timestampForm.exec(text);
  const millis = found ? Date.parse(`${found[1]!.toUpperCase()}${found[3]!.toUpperCase()}`) : NaN;
  if (!found || Number.isNaN(millis)) {
    throw new CelError(`invalid timestamp '${text.slice(0, 60)}': expected RFC 3339`);
  }
  return new Timestamp(BigInt(millis) * 1_000_000n + BigInt((found[2] ?? '').padEnd(9, '0')));
}

/** RFC 3339 in UTC, with as many digits of the second as are needed. */
export function timestampText({ nanos }: Timestamp): string {
  const rest = ((nanos % second) + second) % second;
  const whole = new Date(Number((nanos - rest) / 1_000_000n)).toISOString().slice(0, 19);
  return `${whole}${fractionText(rest)}Z`;
}

const unitNanos: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3_600n * second,
};

/** Go's notation, e.g. `1h30m`, `-1.5s`. @throws CelError */
export function parseDuration(text: string): Duration {
  const sign = text.startsWith('-') ? -1n : 1n;
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return new Duration(0n);
  if (text.length > 200 || !/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|[\u00b5\u03bc]s|ms|s|m|h))+$/.test(body)) {
    throw new CelError(`invalid duration '${text.slice(0, 60)}': expected a form like 1h30m`);
  }
  let nanos = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of body.matchAll(
    /(\d*)\.?(\d*)(ns|us|[\u00b5\u03bc]s|ms|s|m|h)/g,
  )) {
    const scale = unitNanos[unit]!;
    nanos += BigInt(whole || '0') * scale;
    nanos += (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length);
  }
  return new Duration(sign * nanos);
}

/** Seconds, e.g. `5400s`, `0.25s`. */
export function durationText({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos;
  return `${nanos < 0n ? '-' : ''}${size / second}${fractionText(size % second)}s`;
}

function fractionText(nanos: bigint): string {
  return nanos === 0n ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
}
