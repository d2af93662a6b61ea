/** Pattern of the duration fields that know hours, "duration(h)" (flux-compat 0). */
export const durationPattern = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$';

/** Pattern of the duration fields that do not, "duration(no h)" (flux-compat 0). */
export const shortDurationPattern = '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$';

const unitMs: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Go counts nanoseconds in 64 bits: about 292 years. */
const maxMs = 2 ** 63 / 1e6;

/** Reads a Go duration, e.g. "1h30m" or "1.5s"; in milliseconds. Undefined for anything else. */
export function readDuration(text: string): number | undefined {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  const body = text.slice(sign.length);
  if (body === '0') return 0;
  // Sticky, one part after the other: no text makes this go back.
  const part = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|[\u00b5\u03bc]s|ms|s|m|h)/y;
  let total = 0;
  while (part.lastIndex < body.length) {
    const match = part.exec(body);
    if (!match) return undefined;
    total += Number(match[1]) * unitMs.get(match[2]!)!;
  }
  if (body === '' || total > maxMs) return undefined;
  return sign === '-' && total !== 0 ? -total : total;
}

/** As `readDuration`; throws on text that is no duration. */
export function parseDuration(text: string): number {
  const ms = readDuration(text);
  if (ms === undefined)
    throw new Error(`invalid duration ${JSON.stringify(text)}: expected for example 30s, 5m or 1h30m`);
  return ms;
}

/** Writes milliseconds as Go prints a duration: "1m0s", "1h0m0.5s", "250ms", "0s". */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) throw new RangeError(`not a duration: ${ms}`);
  const sign = ms < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(ms));
  const nanos = Math.round((Math.abs(ms) - whole) * 1e6);
  if (whole === 0 && nanos < 1_000_000) return nanos === 0 ? '0s' : sign + belowMs(nanos);
  if (whole < 1000) return `${sign}${decimal(whole, nanos, 6)}ms`;
  const seconds = Math.floor(whole / 1000);
  const rest = decimal(seconds % 60, (whole % 1000) * 1e6 + nanos, 9);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${sign}${rest}s`;
  const hours = Math.floor(minutes / 60);
  return `${sign}${hours > 0 ? `${hours}h` : ''}${minutes % 60}m${rest}s`;
}

function belowMs(nanos: number): string {
  return nanos < 1000 ? `${nanos}ns` : `${decimal(Math.floor(nanos / 1000), nanos % 1000, 3)}µs`;
}

function decimal(whole: number, fraction: number, digits: number): string {
  const text = String(fraction).padStart(digits, '0').replace(/0+$/, '');
  return text === '' ? String(whole) : `${whole}.${text}`;
}
