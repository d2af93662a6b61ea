import type { Row } from '../rig/row.js';

/** One text of a ConfigMap, and what stands there after the substitution. */
export interface GrammarRow extends Row {
  readonly text: string;
  readonly result: string;
}

/** What the rows substitute, inline. */
export const variables: Readonly<Record<string, string>> = {
  v: 'value',
  path: '/srv/www/site.tar.gz',
  mixed: 'élan',
  upper: 'ABCdef',
  twice: 'abc-ABC-abc',
  lines: 'one\ntwo\n',
  slashes: 'a/b/c',
  _under: 'score',
};

/**
 * What a ConfigMap gives: an expression would be substituted inline, and Kubernetes 1.20 refuses empty texts in maps of
 * custom resources.
 */
export const moreVariables: Readonly<Record<string, string>> = { code: '${v}', empty: '' };

const row = (behaviour: string, text: string, result: string): GrammarRow => ({
  section: '3.5',
  behaviour: `${text.replaceAll('\n', '\\n')} - ${behaviour}`,
  text,
  result,
});

/** Each is a value of one ConfigMap that goes through one build. */
export const grammarRows: readonly GrammarRow[] = [
  row('text without variables stays', 'plain', 'plain'),
  row('a dollar without braces is text', 'at $v and $5', 'at $v and $5'),
  row('a dollar at the end is text', 'cost$', 'cost$'),
  row('two dollars are one', 'a$$b', 'a$b'),
  row('two dollars escape an expression', '$${v}', '${v}'),
  row('the value', '${v}', 'value'),
  row('several in one text', 'a-${v}-${v}-b', 'a-value-value-b'),
  row('a name may begin with an underscore', '${_under}', 'score'),
  row('values are not substituted again', '${code}', '${v}'),
  row('newlines of a value are removed', '${lines}', 'onetwo'),
  row('an empty value inside of a text', '[${empty}]', '[]'),
  row(':= gives the default of a missing one', '${none:=d}', 'd'),
  row('= does too', '${none=d}', 'd'),
  row(':- does too', '${none:-d}', 'd'),
  row(':? is a default, no error', '${none:?d}', 'd'),
  row(':+ is a default, not its opposite', '${none:+d}', 'd'),
  row(':= gives the default of an empty one', '${empty:=d}', 'd'),
  row('= gives it too', '${empty=d}', 'd'),
  row(':- gives it too', '${empty:-d}', 'd'),
  row(':= leaves a value', '${v:=d}', 'value'),
  row(':? leaves a value', '${v:?d}', 'value'),
  row(':+ leaves a value', '${v:+d}', 'value'),
  row('a default may be empty', '[${none:=}]', '[]'),
  row('a default may hold colons and slashes', '${none:=http://x:80/y}', 'http://x:80/y'),
  row('a default may be an expression', '${none:=${v}}', 'value'),
  row('expressions nest deeper', '${none:=${nope:=${v^^}}}', 'VALUE'),
  row('a default of text and expressions', '${none:=a${v}b}', 'avalueb'),
  row('the length', 'n=${#v}', 'n=5'),
  row('the length is in bytes', 'n=${#mixed}', 'n=5'),
  row('the length of nothing', 'n=${#empty}', 'n=0'),
  row('the first letter upper case', '${v^}', 'Value'),
  row('all letters upper case', '${v^^}', 'VALUE'),
  row('upper case is not only ASCII', '${mixed^^}', 'ÉLAN'),
  row('the first letter lower case', '${upper,}', 'aBCdef'),
  row('all letters lower case', '${upper,,}', 'abcdef'),
  row('from a position', '${path:5}', 'www/site.tar.gz'),
  row('from a position, so many', '${path:5:3}', 'www'),
  row('a position behind the end', '[${v:9}]', '[]'),
  row('more than there is', '${v:1:99}', 'alue'),
  row('the shortest prefix', '${path#*.}', 'tar.gz'),
  row('the longest prefix', '${path##*/}', 'site.tar.gz'),
  row('the shortest suffix', '${path%.*}', '/srv/www/site.tar'),
  row('the longest suffix', '${path%%.*}', '/srv/www/site'),
  row('a prefix that does not fit', '${v#x}', 'value'),
  row('a question mark is one character', '${v#?}', 'alue'),
  row('the first occurrence replaced', '${twice/abc/x}', 'x-ABC-abc'),
  row('all occurrences replaced', '${twice//abc/x}', 'x-ABC-x'),
  row('a prefix replaced', '${twice/#abc/x}', 'x-ABC-abc'),
  row('a suffix replaced', '${twice/%abc/x}', 'abc-ABC-x'),
  row('a prefix that does not fit is not replaced', '${twice/#ABC/x}', 'abc-ABC-abc'),
  row('replaced by nothing', '${v/lu/}', 'vae'),
  row('a backslash escapes a slash', String.raw`${'$'}{slashes//\//-}`, 'a-b-c'),
];
