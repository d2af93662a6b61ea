import { CelError } from './cel-error.js';
import { Uint } from './values.js';

const maxInt = 2n ** 63n - 1n;
const minInt = -(2n ** 63n);
const maxUint = 2n ** 64n - 1n;

/** @throws CelError when it does not fit into 64 bits */
export function asInt(value: bigint): bigint {
  if (value > maxInt || value < minInt) throw new CelError('integer overflow');
  return value;
}

/** @throws CelError when it does not fit into 64 bits without a sign */
export function asUint(value: bigint): Uint {
  if (value < 0n || value > maxUint) throw new CelError('unsigned integer overflow');
  return new Uint(value);
}
