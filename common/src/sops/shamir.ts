import { SopsError } from './sops-error.js';

// Shamir's secret sharing over GF(2^8) with the polynomial of AES, each byte of the secret on its own. A share is one
// y for each byte, followed by the x that they belong to.

/** Puts a secret together from its shares; all that are given are used. @throws SopsError */
export function combineShares(shares: readonly Uint8Array[]): Uint8Array {
  const length = shares[0]?.length ?? 0;
  if (shares.length < 2) throw new SopsError('a divided data key needs two parts at least');
  if (length < 2 || shares.some((share) => share.length !== length)) {
    throw new SopsError('the parts of the data key differ in length or are too short');
  }
  const xs = shares.map((share) => share[length - 1]!);
  if (new Set(xs).size !== xs.length || xs.includes(0)) {
    throw new SopsError('two parts of the data key are the same');
  }
  const weights = xs.map((x, index) => weightAtZero(x, xs.toSpliced(index, 1)));
  return Uint8Array.from({ length: length - 1 }, (_, at) =>
    shares.reduce((sum, share, index) => sum ^ multiply(share[at]!, weights[index]!), 0),
  );
}

/** Lagrange's basis polynomial of x, at 0: the product of other / (x - other); subtraction is xor. */
function weightAtZero(x: number, others: readonly number[]): number {
  return others.reduce((product, other) => multiply(product, multiply(other, inverse(x ^ other))), 1);
}

function multiply(a: number, b: number): number {
  let [product, factor, rest] = [0, a, b];
  while (rest > 0) {
    if (rest & 1) product ^= factor;
    factor = factor & 0x80 ? (factor << 1) ^ 0x11b : factor << 1;
    rest >>= 1;
  }
  return product;
}

/** a^254, since a^255 is 1. */
function inverse(a: number): number {
  let [result, power] = [1, a];
  for (let bits = 254; bits > 0; bits >>= 1) {
    if (bits & 1) result = multiply(result, power);
    power = multiply(power, power);
  }
  return result;
}
