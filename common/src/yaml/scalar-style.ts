import { readPlainScalar } from './plain-scalar.js';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const indicatorFirst = /^[#,[\]{}&*!|>'"%@`]/;
const indicatorThenSpace = /^[?:-](?:[ \t\n]|$)/;
const indicatorInside = /:(?:[ \t\n]|$)|[ \t\n]#/;
const documentMarker = /^(?:---|\.\.\.)/;
/** What a quoted scalar has to escape: a tab is not printable here, nor is anything beyond the basic plane. */
// oxlint-disable-next-line no-control-regex -- control characters are the point
export const unprintable = /[^\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;
const simpleWord = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;

/**
 * The style in which a string is emitted: plain where that reads back as the same string, a literal block for
 * several lines, else quoted (flux-compat 3.5 depends on which quotes are dropped).
 */
export function scalarStyle(text: string, isKey: boolean): ScalarStyle {
  const wanted = isKey && text === '<<' ? 'double' : wantedStyle(text);
  // The common case: nothing in the text can need quotes.
  if (wanted === 'plain' && simpleWord.test(text)) return 'plain';
  if (text === '') return 'double';
  const special = unprintable.test(text);
  const multiline = text.includes('\n');
  if (wanted === 'literal') {
    return isKey || special || text.endsWith(' ') || text.includes(' \n') ? 'double' : 'literal';
  }
  if (wanted === 'double' || special) return 'double';
  return multiline || needsQuotes(text) ? 'single' : 'plain';
}

function wantedStyle(text: string): ScalarStyle {
  if (text.includes('\n')) return 'literal';
  return readPlainScalar(text).kind === 'string' && !base60.test(text) ? 'plain' : 'double';
}

function needsQuotes(text: string): boolean {
  return (
    text.startsWith(' ') ||
    text.endsWith(' ') ||
    indicatorFirst.test(text) ||
    indicatorThenSpace.test(text) ||
    indicatorInside.test(text) ||
    documentMarker.test(text)
  );
}
