const letter = /^\p{L}$/u;

function isDigit(char: string | undefined): char is string {
  return char !== undefined && char >= '0' && char <= '9' && char.length === 1;
}

function isLetter(char: string): boolean {
  const code = char.charCodeAt(0);
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  return letter.test(char);
}

/**
 * Order of mapping keys in emitted YAML: other signs before letters, letters by code point, and runs of digits
 * by their number, so that `a9` stands before `a10`.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const left = Array.from(a);
  const right = Array.from(b);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const x = left[i]!;
    const y = right[i]!;
    if (x === y) continue;
    const xLetter = isLetter(x);
    const yLetter = isLetter(y);
    if (xLetter && yLetter) return x.codePointAt(0)! - y.codePointAt(0)!;
    if (xLetter !== yLetter) return yLetter ? -1 : 1;
    return compareSigns(left, right, i);
  }
  return left.length - right.length;
}

function compareSigns(left: readonly string[], right: readonly string[], at: number): number {
  const x = left[at]!;
  const y = right[at]!;
  // Zeros inside a number weigh by their place; leading zeros do not.
  const inNumber = (x === '0' || y === '0') && hasNonZeroBefore(left, at);
  const [xNumber, xEnd] = numberAt(left, at, inNumber);
  const [yNumber, yEnd] = numberAt(right, at, inNumber);
  if (xNumber !== yNumber) return xNumber < yNumber ? -1 : 1;
  if (xEnd !== yEnd) return xEnd - yEnd;
  return x.codePointAt(0)! - y.codePointAt(0)!;
}

function hasNonZeroBefore(chars: readonly string[], at: number): boolean {
  for (let i = at - 1; isDigit(chars[i]); i--) if (chars[i] !== '0') return true;
  return false;
}

function numberAt(chars: readonly string[], at: number, inNumber: boolean): [number, number] {
  let value = inNumber ? 1 : 0;
  let end = at;
  for (; isDigit(chars[end]); end++) value = value * 10 + Number(chars[end]);
  return [value, end];
}
