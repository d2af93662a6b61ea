import { instantsShowing, stretches, wallClockAt } from './wall-clock.js';

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
  const isOpen = (instant: number) => covers(spans, timeZone, instant);
  const open = isOpen(now.getTime());
  const change = boundaries(timeZone, spans, now.getTime()).find((instant) => isOpen(instant) !== open);
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

function covers(spans: readonly Span[], timeZone: string, instant: number): boolean {
  const { weekday, sinceMidnight } = wallClockAt(timeZone, instant);
  return spans.some(({ weekdays, from, to }) =>
    // The period of today, or that of yesterday which goes on after midnight.
    [0, 1].some((ago) => {
      const time = sinceMidnight + ago * dayMs;
      return weekdays.has((weekday - ago + 7) % 7) && time >= from && time < to;
    }),
  );
}

/** Every instant after `now` at which the window can open or close, in order: its times, and changes of the clock. */
function boundaries(timeZone: string, spans: readonly Span[], now: number): readonly number[] {
  const today = wallClockAt(timeZone, now).day;
  const times = new Set(spans.flatMap(({ from, to }) => [from % dayMs, to % dayMs]));
  const parts = stretches(timeZone, now, now + horizonDays * dayMs);
  const found = new Set(parts.map(({ from }) => from));
  for (let day = today; day <= today + horizonDays; day += 1)
    for (const time of times) for (const instant of instantsShowing(parts, day, time)) found.add(instant);
  return [...found].filter((instant) => instant > now).sort((a, b) => a - b);
}
