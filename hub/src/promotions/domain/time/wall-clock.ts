import { offsetOf, zoneFormat } from '@flotilla/common/zone/zone-clock';

const dayMs = 86_400_000;
/** No zone changes its offset twice in so long, so that looking so often misses no change. */
const sampleMs = 6 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What clocks in a zone show. */
export interface WallClock {
  /** Days since 1970-01-01 of the calendar there. */
  readonly day: number;
  /** 0 is Monday. */
  readonly weekday: number;
  /** Milliseconds since the clock showed 00:00, by the clock. */
  readonly sinceMidnight: number;
}

/** Reads the clock of an IANA zone at an instant. */
export function wallClockAt(timeZone: string, instant: number): WallClock {
  return clockAhead(instant, offsetAt(timeZone, instant));
}

/** The same by stretches that hold the instant. */
export function clockIn(parts: readonly Stretch[], instant: number): WallClock {
  const part = parts.find(({ from, to }) => instant >= from && instant < to) ?? parts.at(-1);
  return clockAhead(instant, part?.offset ?? 0);
}

function clockAhead(instant: number, offset: number): WallClock {
  const shown = instant + offset;
  const day = Math.floor(shown / dayMs);
  return { day, weekday: (((day + 3) % 7) + 7) % 7, sinceMidnight: shown - day * dayMs };
}

/** How far the clock of the zone is ahead of UTC at an instant. */
export function offsetAt(timeZone: string, instant: number): number {
  return offsetOf(formatOf(timeZone), instant);
}

/** A stretch of time in which the clock of a zone is ahead of UTC by the same offset. */
export interface Stretch {
  readonly from: number;
  /** Not in it any more. */
  readonly to: number;
  readonly offset: number;
}

/** Cuts a time into stretches; the clock is put forward or back between two of them. */
export function stretches(timeZone: string, from: number, to: number): readonly Stretch[] {
  const found: Stretch[] = [];
  let start = from;
  let offset = offsetAt(timeZone, from);
  for (let at = from; at < to; at += sampleMs) {
    const end = Math.min(at + sampleMs, to);
    const after = offsetAt(timeZone, end);
    if (after === offset) continue;
    const change = changeBetween(timeZone, at, end, offset);
    found.push({ from: start, to: change, offset });
    start = change;
    offset = after;
  }
  return [...found, { from: start, to, offset }];
}

/**
 * The instants at which the clock shows a time: one as a rule, none where the clock jumps over it, two where it is
 * put back.
 */
export function instantsShowing(
  parts: readonly Stretch[],
  day: number,
  sinceMidnight: number,
): readonly number[] {
  return parts
    .map(({ from, to, offset }) => ({ instant: day * dayMs + sinceMidnight - offset, from, to }))
    .filter(({ instant, from, to }) => instant >= from && instant < to)
    .map(({ instant }) => instant);
}

/** Finds by halving, to the second, where the offset stops being `before`. */
function changeBetween(timeZone: string, from: number, to: number, before: number): number {
  let low = Math.floor(from / 1000);
  let high = Math.ceil(to / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timeZone, middle * 1000) === before) low = middle;
    else high = middle;
  }
  return high * 1000;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const format = zoneFormat(timeZone);
  formats.set(timeZone, format);
  return format;
}
