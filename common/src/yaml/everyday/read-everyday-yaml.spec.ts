import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constructAny } from '../parse.js';
import { readEverydayYaml } from './read-everyday-yaml.js';

const written = `---
# a comment
apiVersion: v1
kind: ConfigMap # another
metadata:
  name: settings
  labels: {app: web, "tier": 'front'}
  annotations:
    app.kubernetes.io/name: "a\\nb"
data:
  run.sh: |
    set -e
      indented

    # no comment
    a: b
  short: |-
    x
  replicas: 12
  on-time: true
---
apiVersion: apps/v1
kind: Deployment
spec:
  containers:
  - name: app
    image: registry.example.com/a:1 # of today
    args: ["--x", 'y', z]
    ports:
      - containerPort: 80
      -   protocol: TCP
          name: http
  - - a
    - b
  -
    x: 1
  list: []
  empty:
  size: 10Mi
`;

const signsThatMatter = [
  '\n',
  ' ',
  '  ',
  '- ',
  ': ',
  ' #',
  '|',
  '|-',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  ', ',
  '---\n',
  'a',
  '1',
  '.',
  'no',
  '0x',
  '~',
  'null',
  '\t',
  '\n  ',
  '&a',
  '*a',
  '!',
  '>',
  '%',
  '@',
  '\\',
  '\u00a0',
  '? ',
  '<<: ',
  '...',
  '=',
  '+1',
  '1e3',
];

function present(values: readonly unknown[]): unknown[] {
  return values.filter((value) => value !== null && value !== undefined);
}

describe('everyday YAML', () => {
  it('is read as the full parser reads it', () => {
    expect(readEverydayYaml(written)).toEqual(constructAny(written));
  });

  it.each<[string, unknown[]]>([
    ['', [undefined]],
    ['# nothing\n', [undefined]],
    ['---\na: 1\n---\n---\nb: 2\n', [{ a: 1 }, undefined, { b: 2 }]],
    ['{"a": [1, "x", {"b": true}]}\n', [{ a: [1, 'x', { b: true }] }]],
    ['a:\n- b: 1\n  c: 2\n- d\n', [{ a: [{ b: 1, c: 2 }, 'd'] }]],
    [
      'a: 1h30m\nb: 1.2.3\nc: 10Mi\nd: --x\ne: 10.0.0.1/8\n',
      [{ a: '1h30m', b: '1.2.3', c: '10Mi', d: '--x', e: '10.0.0.1/8' }],
    ],
  ])('holds %j', (text, values) => expect(readEverydayYaml(text)).toEqual(values));

  // Here readers differ, or the words for an error have to be found.
  it.each([
    ['words that are a boolean to some', 'a: yes\n'],
    ['keys that are a boolean to some', 'y: 1\n'],
    ['octals and other notations', 'a: 010\n'],
    ['fractions', 'a: 1.5\n'],
    ['dates', 'a: 2026-01-01\n'],
    ['integers beyond 2^53', 'a: 9007199254740993\n'],
    ['another null', 'a: ~\n'],
    ['anchors', 'a: &x 1\n'],
    ['aliases', 'a: *x\n'],
    ['tags', 'a: !!str 1\n'],
    ['merge keys', '<<: {a: 1}\n'],
    ['folded blocks', 'a: >\n  x\n'],
    ['blocks with an indentation of their own', 'a: |2\n    x\n'],
    ['blocks that keep their last line breaks', 'a: |+\n  x\n\n'],
    ['blocks that start with a tab', 'a: |\n  \tx\n'],
    ['a block that ends with the text', 'a: |\n  x'],
    ['scalars on several lines', 'a: b\n  c\n'],
    ['brackets on several lines', 'a: [b,\n  c]\n'],
    ['tabs', 'a:\tb\n'],
    ['Windows line ends', 'a: b\r\n'],
    ['a byte order mark', '\ufeffa: b\n'],
    ['line breaks of other standards', 'a: b\u2028c\n'],
    ['bytes that are no UTF-8', 'a: \ufffd\n'],
    ['the same key twice', 'a: 1\na: 2\n'],
    ['the same key twice in brackets', 'a: {b: 1, b: 2}\n'],
    ['directives', '%YAML 1.2\n---\na: 1\n'],
    ['the end of a document', 'a: 1\n...\n'],
    ['content behind a separator', '--- a: 1\n'],
    ['lists at the top', '- a\n'],
    ['lines at a column of their own', 'a:\n    b: 1\n  c: 2\n'],
    ['a key in a key', 'a: b: c\n'],
    ['complex keys', '? a\n: b\n'],
    ['escapes that JSON does not have', 'a: "\\x41"\n'],
    ['a prototype', '__proto__: 1\n'],
  ])('does not hold %s', (_what, text) => expect(readEverydayYaml(text)).toBeUndefined());

  it('means the same to the full parser, whatever is changed in it', () => {
    const lines = written.split('\n');
    const signs = fc.constantFrom(...signsThatMatter);
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), signs);
    const window = fc.tuple(fc.nat(lines.length - 1), fc.integer({ min: 1, max: 14 }));
    let accepted = 0;
    fc.assert(
      fc.property(window, fc.array(change, { maxLength: 3 }), ([start, length], changes) => {
        const text = changes.reduce(
          (before, [place, removed, sign]) => {
            const at = Math.floor(place * before.length);
            return before.slice(0, at) + sign + before.slice(at + removed);
          },
          `${lines.slice(start, start + length).join('\n')}\n`,
        );
        const values = readEverydayYaml(text);
        if (!values) return;
        accepted += 1;
        expect(present(values)).toEqual(present(constructAny(text)));
      }),
      { numRuns: 20_000, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(500);
  });
});
