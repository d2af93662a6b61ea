import { describe, expect, it } from 'vitest';
import type { Period } from './window.js';
import { stretches, wallClockAt } from './wall-clock.js';
import { windowAt } from './window.js';

const everyDay = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const daily = (from: string, to: string): readonly Period[] => [{ days: everyDay, from, to }];
const office: readonly Period[] = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }];

/** The state at `from`, and the instants at which it changes, until there are `count` of them. */
function course(zone: string, periods: readonly Period[], from: string, count: number): readonly string[] {
  let at = new Date(from);
  const steps = [windowAt(zone, periods, at).open ? 'open' : 'closed'];
  for (let step = 0; step < count; step += 1) {
    const { open, changesAt } = windowAt(zone, periods, at);
    if (changesAt === null) return [...steps, 'never'];
    steps.push(`${open ? 'closes' : 'opens'} ${changesAt.toISOString().replace(':00.000Z', 'Z')}`);
    at = changesAt;
  }
  return steps;
}

type Row = readonly [
  sentence: string,
  zone: string,
  periods: readonly Period[],
  from: string,
  course: readonly string[],
];
const rows: readonly Row[] = [
  [
    'opens and closes on a plain day',
    'UTC',
    office,
    '2026-06-01T08:59:59.999Z',
    ['closed', 'opens 2026-06-01T09:00Z', 'closes 2026-06-01T17:00Z', 'opens 2026-06-02T09:00Z'],
  ],
  [
    'is open from the very instant',
    'UTC',
    office,
    '2026-06-01T09:00:00.000Z',
    ['open', 'closes 2026-06-01T17:00Z'],
  ],
  [
    'is closed from the very instant',
    'UTC',
    office,
    '2026-06-05T17:00:00.000Z',
    ['closed', 'opens 2026-06-08T09:00Z'],
  ],
  [
    'follows the zone through the spring change of Berlin',
    'Europe/Berlin',
    daily('09:00', '10:00'),
    '2026-03-28T12:00:00Z',
    ['closed', 'opens 2026-03-29T07:00Z', 'closes 2026-03-29T08:00Z', 'opens 2026-03-30T07:00Z'],
  ],
  [
    'follows the zone through the autumn change of New York',
    'America/New_York',
    daily('22:00', '06:00'),
    '2026-10-31T12:00:00Z',
    ['closed', 'opens 2026-11-01T02:00Z', 'closes 2026-11-01T11:00Z', 'opens 2026-11-02T03:00Z'],
  ],
  [
    'skips a period inside the hour that Berlin jumps over',
    'Europe/Berlin',
    daily('02:15', '02:45'),
    '2026-03-28T12:00:00Z',
    ['closed', 'opens 2026-03-30T00:15Z', 'closes 2026-03-30T00:45Z'],
  ],
  [
    'skips a weekly period inside the hour that Berlin jumps over for a week',
    'Europe/Berlin',
    [{ days: ['sun'], from: '02:15', to: '02:45' }],
    '2026-03-22T12:00:00Z',
    ['closed', 'opens 2026-04-05T00:15Z'],
  ],
  [
    'opens when the clock jumps into the period',
    'Europe/Berlin',
    daily('02:30', '04:00'),
    '2026-03-28T12:00:00Z',
    ['closed', 'opens 2026-03-29T01:00Z', 'closes 2026-03-29T02:00Z'],
  ],
  [
    'closes when the clock jumps out of the period',
    'Europe/Berlin',
    daily('01:30', '02:30'),
    '2026-03-28T12:00:00Z',
    ['closed', 'opens 2026-03-29T00:30Z', 'closes 2026-03-29T01:00Z'],
  ],
  [
    'is open twice where Berlin shows the time twice',
    'Europe/Berlin',
    daily('02:15', '02:45'),
    '2026-10-24T12:00:00Z',
    [
      'closed',
      'opens 2026-10-25T00:15Z',
      'closes 2026-10-25T00:45Z',
      'opens 2026-10-25T01:15Z',
      'closes 2026-10-25T01:45Z',
    ],
  ],
  [
    'is two hours long where the period is the repeated hour',
    'Europe/Berlin',
    daily('02:00', '03:00'),
    '2026-10-24T12:00:00Z',
    ['closed', 'opens 2026-10-25T00:00Z', 'closes 2026-10-25T02:00Z', 'opens 2026-10-26T01:00Z'],
  ],
  [
    'knows the half hour of Lord Howe',
    'Australia/Lord_Howe',
    daily('01:45', '02:15'),
    '2026-04-04T12:00:00Z',
    [
      'closed',
      'opens 2026-04-04T14:45Z',
      'closes 2026-04-04T15:00Z',
      'opens 2026-04-04T15:15Z',
      'closes 2026-04-04T15:45Z',
    ],
  ],
  [
    'opens after a midnight that Cairo does not have',
    'Africa/Cairo',
    [{ days: ['fri'], from: '00:00', to: '02:00' }],
    '2026-04-23T12:00:00Z',
    ['closed', 'opens 2026-04-23T22:00Z', 'closes 2026-04-23T23:00Z'],
  ],
  [
    'is on the southern hemisphere as well',
    'America/Santiago',
    daily('23:00', '01:00'),
    '2026-09-05T12:00:00Z',
    // 2026-09-06 begins at 01:00 there.
    ['closed', 'opens 2026-09-06T03:00Z', 'closes 2026-09-06T04:00Z', 'opens 2026-09-07T02:00Z'],
  ],
  [
    'knows the quarter hours of Kathmandu',
    'Asia/Kathmandu',
    office,
    '2026-06-01T00:00:00Z',
    ['closed', 'opens 2026-06-01T03:15Z', 'closes 2026-06-01T11:15Z'],
  ],
  [
    'lives with a day that Apia never had',
    'Pacific/Apia',
    [{ days: ['fri', 'sat'], from: '10:00', to: '11:00' }],
    '2011-12-29T12:00:00Z',
    // Friday 2011-12-30 was left out.
    ['closed', 'opens 2011-12-30T20:00Z', 'closes 2011-12-30T21:00Z', 'opens 2012-01-05T20:00Z'],
  ],
  [
    'goes over midnight, and over the end of the week',
    'UTC',
    [{ days: ['sun'], from: '22:00', to: '04:00' }],
    '2026-06-07T12:00:00Z',
    ['closed', 'opens 2026-06-07T22:00Z', 'closes 2026-06-08T04:00Z', 'opens 2026-06-14T22:00Z'],
  ],
  [
    'is open after midnight by the day on which it began',
    'UTC',
    [{ days: ['fri'], from: '22:00', to: '04:00' }],
    '2026-06-06T03:00:00Z',
    ['open', 'closes 2026-06-06T04:00Z'],
  ],
  [
    'ends with the day at 24:00',
    'UTC',
    [{ days: ['fri'], from: '20:00', to: '24:00' }],
    '2026-06-05T12:00:00Z',
    ['closed', 'opens 2026-06-05T20:00Z', 'closes 2026-06-06T00:00Z', 'opens 2026-06-12T20:00Z'],
  ],
  [
    'begins with the next day at 24:00',
    'UTC',
    [{ days: ['fri'], from: '24:00', to: '06:00' }],
    '2026-06-05T12:00:00Z',
    ['closed', 'opens 2026-06-06T00:00Z', 'closes 2026-06-06T06:00Z'],
  ],
  [
    'does not close between periods that touch',
    'UTC',
    [
      { days: ['sat'], from: '00:00', to: '24:00' },
      { days: ['sun'], from: '00:00', to: '12:00' },
    ],
    '2026-06-05T12:00:00Z',
    ['closed', 'opens 2026-06-06T00:00Z', 'closes 2026-06-07T12:00Z'],
  ],
  [
    'never closes where it is always open',
    'UTC',
    daily('00:00', '24:00'),
    '2026-06-05T12:00:00Z',
    ['open', 'never'],
  ],
  [
    'never opens where the period is empty',
    'UTC',
    [{ days: ['fri'], from: '24:00', to: '00:00' }],
    '2026-06-05T12:00:00Z',
    ['closed', 'never'],
  ],
];

describe('a window', () => {
  it.each(rows)('%s (%s)', (_sentence, zone, periods, from, expected) => {
    expect(course(zone, periods, from, expected.length - 1)).toEqual(expected);
  });

  it.each([
    'Europe/London',
    'America/St_Johns',
    'Asia/Beirut',
    'Africa/Casablanca',
    'Pacific/Chatham',
    'Australia/Lord_Howe',
  ])('is by its course what the clock says in every quarter of an hour around the changes of %s', (zone) => {
    const quarter = 900_000;
    const periods = [...daily('00:00', '01:15'), { days: ['sun'], from: '02:15', to: '02:30' } as const];
    const changes = stretches(zone, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)).slice(1);
    expect(changes.length).toBeGreaterThanOrEqual(2);
    for (const { from } of changes) {
      let state = windowAt(zone, periods, new Date(from - 86_400_000));
      for (let at = from - 86_400_000; at < from + 86_400_000; at += quarter) {
        const now = new Date(at);
        if (state.changesAt && state.changesAt <= now) state = windowAt(zone, periods, now);
        const { weekday, sinceMidnight } = wallClockAt(zone, at);
        const open = sinceMidnight < 5 * quarter || (weekday === 6 && sinceMidnight === 9 * quarter);
        expect([now.toISOString(), state.open]).toEqual([now.toISOString(), open]);
      }
    }
  });
});
