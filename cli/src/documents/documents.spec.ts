import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocumentFiles } from './document-files.js';
import { readDocuments } from './read-documents.js';

let folder: string;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const document = (kind: string, name: string, spec: string): string =>
  `apiVersion: flotilla.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
const environment = (name: string): string =>
  document('Environment', name, '{selector: {matchLabels: {env: prod}}}');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-documents-'));
  mkdirSync(join(folder, 'b', 'c'), { recursive: true });
  mkdirSync(join(folder, '.git'));
  mkdirSync(join(folder, 'empty'));
  write('z.yaml', environment('z'));
  write('b/c/deep.yml', environment('deep'));
  write('b/x.json', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap' }));
  write('.git/config.yaml', environment('hidden'));
  write('README.md', 'not a document');
  symlinkSync(folder, join(folder, 'b', 'circle'));
  symlinkSync(join(folder, 'z.yaml'), join(folder, 'b', 'link.yaml'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stdin = { readInput: async () => environment('typed') };
const read = async (...paths: string[]) =>
  (await readDocumentFiles(paths, stdin)).map(({ path }) => path.replace(`${folder}/`, ''));

describe('files of documents', () => {
  it('of a folder are all below it, in order, without hidden ones and circles', async () => {
    expect(await read(folder)).toEqual(['b/c/deep.yml', 'b/link.yaml', 'b/x.json', 'z.yaml']);
    expect(await read(join(folder, 'empty'))).toEqual([]);
  });

  it('are taken as they are named, whatever their names', async () => {
    expect(await read(join(folder, 'README.md'), '-', join(folder, 'z.yaml'))).toEqual([
      'README.md',
      'stdin',
      'z.yaml',
    ]);
  });

  it.each<[string, string[], string]>([
    ['that is not there', ['/nonexistent/x.yaml'], '/nonexistent/x.yaml cannot be read: it does not exist'],
    ['stdin twice', ['-', '-'], 'stdin can be read once'],
  ])('%s is an error', async (_name, paths, text) => {
    await expect(readDocumentFiles(paths, stdin)).rejects.toThrow(text);
  });
});

describe('documents', () => {
  const problemsOf = (text: string, fromFolder = false) =>
    readDocuments([{ path: 'a.yaml', text, fromFolder }]).problems;

  it('are counted within their file, empty ones included, and kept as they are written', () => {
    const text = `---\n---\n${environment('one')}---\n${environment('two')}`;
    const { documents, problems } = readDocuments([{ path: 'a.yaml', text, fromFolder: false }]);
    expect(problems).toEqual([]);
    expect(documents.map(({ index, name }) => [index, name])).toEqual([
      [2, 'Environment/one'],
      [3, 'Environment/two'],
    ]);
    // The hub fills in what is left out, such as allowEmpty.
    expect(documents[0]?.value).not.toHaveProperty('spec.allowEmpty');
  });

  it.each<[string, string, RegExp[]]>([
    [
      'every wrong field',
      document(
        'Environment',
        'prod',
        '{selector: {matchLabels: {env: prod}}, allowEmpty: maybe, colour: red}',
      ),
      [
        /^a\.yaml, document 1 \(Environment\/prod\): spec\.allowEmpty: /,
        /document 1 \(Environment\/prod\): spec\.colour: there is no such field/,
      ],
    ],
    ['no kind', 'apiVersion: flotilla.dev/v1alpha1\n', [/^a\.yaml, document 1 \(document\/\?\): kind: /]],
    [
      'another version',
      environment('x').replace('v1alpha1', 'v2'),
      [/apiVersion: must be flotilla\.dev\/v1alpha1$/],
    ],
    ['a list', '[1, 2]', [/document 1 \(document\/\?\): kind: must be one of/]],
    ['no YAML', 'a: [', [/^a\.yaml: document 1, line \d+: /]],
    ['a key twice', 'a: 1\na: 2\n', [/^a\.yaml: document 1, line 2: duplicate key "a"$/]],
    [
      'the same name twice in one file',
      `${environment('x')}---\n${environment('x')}`,
      [/^a\.yaml, document 2 \(Environment\/x\): metadata\.name: is in a\.yaml, document 1, too$/],
    ],
  ])('with %s are refused', (_name, text, patterns) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(patterns.length);
    for (const [index, pattern] of patterns.entries()) expect(problems[index]).toMatch(pattern);
  });

  it('of others are left alone in a folder, and an error where they are named', () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n';
    expect(problemsOf(text, true)).toEqual([]);
    expect(problemsOf(text)).toEqual([
      'a.yaml, document 1 (ConfigMap/x): kind: must be one of Environment, Pipeline, Freeze, not "ConfigMap"',
    ]);
    expect(problemsOf(text.replace('v1', 'flotilla.dev/v9'), true)).toHaveLength(1);
  });
});
