import { offsetOf, zoneFormat } from '../../zone/zone-clock.js';
import { CelError } from '../cel-error.js';
import { method, type NamedOverload } from '../signatures.js';
import type { Duration, Timestamp } from '../values.js';

const time = 'google.protobuf.Timestamp';
const span = 'google.protobuf.Duration';

/** Parts of a moment; the date is that of the zone, held as if it were UTC. */
const parts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

const nanosOf: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
};

/** Getters of moments, in UTC unless a zone is given, and of lengths of time. */
export const timeFunctions: readonly NamedOverload[] = [
  ...Object.entries(parts).flatMap(([name, part]) => [
    method<[Timestamp]>(time, `${name}(): int`, ([moment]) => BigInt(part(dateOf(moment)))),
    method<[Timestamp, string]>(time, `${name}(string): int`, ([moment, zone]) =>
      BigInt(part(inZone(dateOf(moment), zone))),
    ),
  ]),
  ...Object.entries(nanosOf).map(([name, size]) =>
    method<[Duration]>(span, `${name}(): int`, ([{ nanos }]) => nanos / size),
  ),
  method<[Duration]>(span, 'getMilliseconds(): int', ([{ nanos }]) => (nanos / 1_000_000n) % 1_000n),
];

function dateOf({ nanos }: Timestamp): Date {
  const millis = nanos / 1_000_000n;
  return new Date(Number(nanos < 0n && nanos % 1_000_000n !== 0n ? millis - 1n : millis));
}

/** The zone's wall clock as if it were UTC. */
function inZone(date: Date, zone: string): Date {
  const fixed = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone);
  if (fixed) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return new Date(date.getTime() + (fixed[1] === '-' ? -minutes : minutes) * 60_000);
  }
  return new Date(date.getTime() + offsetOf(formatOf(zone), date.getTime()));
}

function formatOf(zone: string): Intl.DateTimeFormat {
  try {
    return zoneFormat(zone);
  } catch {
    throw new CelError(`unknown time zone ${zone.slice(0, 60)}`);
  }
}
