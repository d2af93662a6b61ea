import { isIP } from 'node:net';
import { list } from '@flotilla/common/flags/flag-schemas';
import type { z } from 'zod';

/** Addresses and ranges, e.g. `10.0.0.0/8`, separated by commas. A range of everybody (`/0`) is refused. */
export const addressRanges: z.ZodType<readonly string[], string | undefined> = list.refine(
  (parts) => parts.every(isAddressRange),
  'expected addresses or ranges, for example 10.0.0.0/8; a range of everybody would let everybody say who they are',
);

function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return false;
  if (prefix === undefined) return true;
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : 0;
  return bits >= 1 && bits <= (version === 4 ? 32 : 128);
}
