import { describe, expect, it } from 'vitest';
import { substituteDocuments } from './substitute-documents.js';

const strict = { strict: true, always: false };
const document = (name: string, value: string, metadata = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n${metadata}  name: ${name}\ndata:\n  v: ${value}\n`;

function dataOf(yaml: string, options: Parameters<typeof substituteDocuments>[1]): unknown[] {
  return substituteDocuments(yaml, options).map(({ object }) => object['data']);
}

describe('substitution after the build (flux-compat 3.5)', () => {
  const rows: Array<
    [title: string, text: string, options: Parameters<typeof substituteDocuments>[1], value: unknown]
  > = [
    ['without postBuild the text stays', '${a}', { ...strict }, '${a}'],
    ['without any variable the text stays', '$${a} ${b}', { ...strict, values: {} }, '$${a} ${b}'],
    ['Always processes it all the same', '$${a}', { ...strict, values: {}, always: true }, '${a}'],
    ['a value is inserted', '${a}', { ...strict, values: { a: 'x' } }, 'x'],
    ['a default is used', '${b:=later}', { ...strict, values: { a: 'x' } }, 'later'],
    ['a plain number becomes a number', '${a}', { ...strict, values: { a: '80' } }, 80],
    ['quotes in a value keep the text', '${a}', { ...strict, values: { a: '"80"' } }, '80'],
    ['an empty plain value is null', '${a}', { ...strict, values: { a: '' } }, null],
    [
      'not strict: an undefined variable is empty',
      '${b}',
      { values: { a: 'x' }, strict: false, always: false },
      null,
    ],
    ['$name is text', '$a', { ...strict, values: { a: 'x' } }, '$a'],
  ];
  it.each(rows)('%s', (_title, text, options, value) => {
    expect(dataOf(document('c', text), options)).toEqual([{ v: value }]);
  });

  it.each(['labels', 'annotations'])('leaves an object alone that says so in its %s', (field) => {
    const metadata = `  ${field}:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\n`;
    const yaml = `${document('a', '${x}', metadata)}---\n${document('b', '${x}')}`;

    expect(dataOf(yaml, { ...strict, values: { x: '1x' } })).toEqual([{ v: '${x}' }, { v: '1x' }]);
  });

  it('takes the value of the label literally', () => {
    const metadata = '  labels:\n    kustomize.toolkit.fluxcd.io/substitute: Disabled\n';

    expect(dataOf(document('a', '${x}', metadata), { ...strict, values: { x: 'z' } })).toEqual([{ v: 'z' }]);
  });

  it('does not take --- inside of a text for the end of an object', () => {
    const yaml = `${document('a', '|\n    one\n    ---\n    two')}---\n${document('b', 'x')}`;

    expect(dataOf(yaml, strict)).toEqual([{ v: 'one\n---\ntwo\n' }, { v: 'x' }]);
  });

  it('changes the text exactly when it changes an object', () => {
    const yaml = `${document('a', '${x}')}---\n${document('b', 'x')}`;

    const textOf = (options: Parameters<typeof substituteDocuments>[1]) =>
      substituteDocuments(yaml, options)
        .map(({ text }) => text)
        .join('---\n');
    expect(textOf(strict)).toBe(yaml);
    expect(textOf({ ...strict, values: { x: 'y' } })).toBe(yaml.replace('${x}', 'y'));
  });
});

describe('errors of the substitution name the object', () => {
  it.each([
    [
      'an undefined variable',
      '${gone}',
      'post build failed for \'ConfigMap.v1.[noGrp]/c\': envsubst error: variable substitution failed: variable not set (strict mode): "gone"',
    ],
    ['a result that is not YAML', '${a}', "post build failed for 'ConfigMap.v1.[noGrp]/c': document 1, line"],
  ])('%s', (_title, text, message) => {
    const options = { ...strict, values: { a: '{ [' } };

    expect(() => substituteDocuments(document('c', text), options)).toThrow(message);
  });

  it('an object without a name is refused without showing its content', () => {
    const yaml = 'apiVersion: v1\nkind: Secret\nmetadata: {}\nstringData:\n  password: hunter2\n';

    expect(() => substituteDocuments(yaml, strict)).toThrow(
      'failed to decode Kubernetes apiVersion, kind and name from: {"apiVersion":"v1","kind":"Secret"}',
    );
  });
});
