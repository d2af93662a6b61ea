import { giveUp } from './unusual.js';

/** Words that are a boolean or null to some readers and a text to others. */
const disputed = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);
const longestDisputed = 5;
/** Safe as a number everywhere, far below 2^53. */
const integer = /^(?:0|-?[1-9][0-9]{0,14})$/;
/** Some reader could see a number in another notation, a date or a time here. */
const numberLike = /^[0-9a-fA-FxXoObB_+\-.eETtZz: ]*$/;
const version = /^[0-9]+(?:\.[0-9]+){2,}$/;
const letterFirst = /^[A-Za-z]/;
const option = /^-[A-Za-z-]/;
const numberOfFloat = /^[.0-9eE_+\-infaNIFA]*$/;
const unclear = /^[~<=+]/;

/** What a plain scalar means, where all dialects agree on it. @throws Unusual where they do not */
export function everydayScalar(text: string): string | number | boolean | null {
  const code = text.charCodeAt(0);
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) return word(text);
  if (code >= 48 && code <= 57) return digits(text);
  if (text === '') giveUp();
  if (code === 45) {
    if (integer.test(text)) return Number(text);
    return option.test(text) ? text : giveUp();
  }
  if (code === 46) return numberOfFloat.test(text) ? giveUp() : text;
  return unclear.test(text) ? giveUp() : text;
}

function word(text: string): string | boolean | null {
  if (text.length > longestDisputed) return text;
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  return disputed.has(text.toLowerCase()) ? giveUp() : text;
}

function digits(text: string): string | number {
  if (integer.test(text)) return Number(text);
  return numberLike.test(text) && !version.test(text) ? giveUp() : text;
}

/** A plain key. @throws Unusual where it is not a text to everybody */
export function everydayKey(text: string): string {
  const isText = letterFirst.test(text)
    ? typeof word(text) === 'string'
    : typeof everydayScalar(text) === 'string';
  return isText ? text : giveUp();
}

/** The content of double quotes, escapes resolved. */
export function unescape(inner: string): string {
  return inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner;
}
