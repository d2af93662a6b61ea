import type { Stretch } from './wall-clock.js';
import { clockIn, instantsShowing, stretches } from './wall-clock.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** A weekly period can be swallowed by a clock that jumps; then it is a week more. */
const horizonDays = 22;
const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Part of a week, by the wall clock. An end that is not later than the start is on the next day. */
export interface Period {
  readonly days: readonly (typeof dayNames)[number][];
  /** "HH:MM", 00:00 to 24:00. */
  readonly from: string;
  readonly to: string;
}

export interface WindowState {
  readonly open: boolean;
  /** The instant at which it closes or opens; null when it never does. */
  readonly changesAt: Date | null;
}

interface Span {
  /** 0 is Monday. */
  readonly weekdays: ReadonlySet<number>;
  /** Since the midnight of such a day; `to` may lie on the next day. */
  readonly from: number;
  readonly to: number;
}

/**
 * Whether a window is open, and when that changes. It is open exactly while the clock of the zone shows a time in one
 * of the periods: a time that the clock jumps over is never, and one that it shows twice is twice.
 */
export function windowAt(timeZone: string, periods: readonly Period[], now: Date): WindowState {
  const spans = periods.map(spanOf);
  const parts = stretchesAround(timeZone, now.getTime());
  const isOpen = (instant: number) => covers(spans, parts, instant);
  const open = isOpen(now.getTime());
  const change = boundaries(parts, spans, now.getTime()).find((instant) => isOpen(instant) !== open);
  return { open, changesAt: change === undefined ? null : new Date(change) };
}

function spanOf({ days, from, to }: Period): Span {
  const start = minutesOf(from) * minuteMs;
  const end = minutesOf(to) * minuteMs;
  return {
    weekdays: new Set(days.map((day) => dayNames.indexOf(day))),
    from: start,
    to: end > start ? end : end + dayMs,
  };
}

function minutesOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

function covers(spans: readonly Span[], parts: readonly Stretch[], instant: number): boolean {
  const { weekday, sinceMidnight } = clockIn(parts, instant);
  return spans.some(({ weekdays, from, to }) =>
    // The period of today, or that of yesterday which goes on after midnight.
    [0, 1].some((ago) => {
      const time = sinceMidnight + ago * dayMs;
      return weekdays.has((weekday - ago + 7) % 7) && time >= from && time < to;
    }),
  );
}

/** Every instant after `now` at which the window can open or close, in order: its times, and changes of the clock. */
function boundaries(parts: readonly Stretch[], spans: readonly Span[], now: number): readonly number[] {
  const today = clockIn(parts, now).day;
  const times = new Set(spans.flatMap(({ from, to }) => [from % dayMs, to % dayMs]));
  const found = new Set(parts.map(({ from }) => from));
  for (let day = today; day <= today + horizonDays; day += 1)
    for (const time of times) for (const instant of instantsShowing(parts, day, time)) found.add(instant);
  return [...found].filter((instant) => instant > now).sort((a, b) => a - b);
}

/** To ask Intl is slow, and the same days of the same zones are asked for again and again. */
const known = new Map<string, readonly Stretch[]>();
const mostKnown = 256;

function stretchesAround(timeZone: string, now: number): readonly Stretch[] {
  const today = Math.floor(now / dayMs) * dayMs;
  const key = `${timeZone} ${today}`;
  const parts = known.get(key) ?? stretches(timeZone, today, today + (horizonDays + 2) * dayMs);
  if (known.size >= mostKnown) known.clear();
  known.set(key, parts);
  return parts;
}
