import { describe, expect, it } from 'vitest';
import { applyChanges } from './apply-changes.js';
import type { FileChange } from './apply-changes.js';
import type { FileTree, TreeEntry } from './file-tree.js';
import { treeChanges } from './file-tree.js';

const blob = (id: string, mode = '100644'): TreeEntry => ({ mode, content: { id } });

/** Files whose object ids are their texts. */
function tree(files: Readonly<Record<string, string | TreeEntry>>): FileTree {
  return new Map(
    Object.entries(files).map(([path, one]) => [path, typeof one === 'string' ? blob(one) : one]),
  );
}

async function change(
  changes: readonly FileChange[],
  target: Parameters<typeof tree>[0],
  source = target,
): Promise<Record<string, string | null>> {
  const before = tree(target);
  const after = await applyChanges(changes, {
    target: before,
    source: tree(source),
    names: { target: 'main', source: 'the release' },
    read: async (id) => new TextEncoder().encode(id),
  });
  const { removed, written } = treeChanges(before, after);
  return Object.fromEntries([
    ...removed.map((path) => [path, null]),
    ...written.map(([path, { content }]) => [path, 'text' in content ? content.text : content.id]),
  ]) as Record<string, string | null>;
}

const image: FileChange = { type: 'image', file: 'prod.yaml', image: 'app', tagFrom: { file: 'dev.yaml' } };
const field = (path: string, from?: string): FileChange => ({
  type: 'field',
  file: 'prod.yaml',
  path,
  from: { file: 'dev.yaml', ...(from !== undefined && { path: from }) },
});
const copy = (from: string, to: string): FileChange => ({ type: 'copy', from, to });

describe('the tag of an image', () => {
  const dev = (rest: string) => `images:\n- name: app\n  ${rest}\n`;

  it.each<[sentence: string, dev: string, prod: string, expected: string]>([
    [
      'changes nothing else, odd spacing and comments included',
      dev('newTag: v2'),
      '# top\nresources: [ ../base ]\n\nimages:\n    -   name:   app   # ours\n        newTag:    v1    # set by promotions\n\n    - {name: other, newTag: "7"}\n# end',
      '# top\nresources: [ ../base ]\n\nimages:\n    -   name:   app   # ours\n        newTag:    v2    # set by promotions\n\n    - {name: other, newTag: "7"}\n# end',
    ],
    [
      'keeps quotes',
      dev('newTag: v2'),
      `images:\n- newTag: 'v1'\n  name: app\n`,
      `images:\n- newTag: 'v2'\n  name: app\n`,
    ],
    [
      'is quoted where it looks like a number',
      dev('newTag: "1.10"'),
      dev('newTag: v1'),
      dev('newTag: "1.10"'),
    ],
    [
      'is quoted where old readers see a truth value',
      dev("newTag: 'on'"),
      dev('newTag: v1'),
      dev('newTag: "on"'),
    ],
    [
      'goes into an entry in braces',
      dev('newTag: v2'),
      'images: [{name: app, newTag: v1}]\n',
      'images: [{name: app, newTag: v2}]\n',
    ],
    [
      'is added behind the name',
      dev('newTag: v2'),
      dev('newName: r/app'),
      'images:\n- name: app\n  newTag: v2\n  newName: r/app\n',
    ],
    [
      'is added at the end of a file',
      dev('newTag: v2'),
      'images:\n- name: app',
      'images:\n- name: app\n  newTag: v2',
    ],
    [
      'is added between braces',
      dev('newTag: "2"'),
      'images: [{name: app}]\n',
      'images: [{name: app, newTag: "2"}]\n',
    ],
    [
      'gives way to a digest',
      dev('digest: sha256:ab'),
      dev('newTag: v1 # old'),
      'images:\n- name: app\n  digest: sha256:ab\n',
    ],
    [
      'takes the place of a digest',
      dev('newTag: v2'),
      dev('digest: sha256:ab'),
      'images:\n- name: app\n  newTag: v2\n',
    ],
    [
      'keeps the line breaks of Windows',
      dev('newTag: v2'),
      'images:\r\n- name: app\r\n',
      'images:\r\n- name: app\r\n  newTag: v2\r\n',
    ],
  ])('%s', async (_, from, to, expected) => {
    expect(await change([image], { 'dev.yaml': from, 'prod.yaml': to })).toEqual({ 'prod.yaml': expected });
  });

  it('that is there already changes nothing', async () => {
    const files = { 'dev.yaml': dev('newTag: "v2"'), 'prod.yaml': dev('newTag: v2 # same') };
    expect(await change([image], files)).toEqual({});
  });

  it('is read from the commit of the release, and written to the tip', async () => {
    const target = { 'dev.yaml': dev('newTag: v3'), 'prod.yaml': dev('newTag: v1') };
    const source = { 'dev.yaml': dev('newTag: v2') };
    expect(await change([image], target, source)).toEqual({ 'prod.yaml': dev('newTag: v2') });
  });

  it.each<[sentence: string, dev: string, prod: string, expected: RegExp]>([
    [
      'an image that is not there',
      dev('newTag: v2'),
      'images: []',
      /^prod\.yaml in main has no image app in images$/,
    ],
    ['no images at all', 'a: 1', dev('newTag: v1'), /^dev\.yaml in the release has no image app in images$/],
    [
      'an image that is there twice',
      dev('newTag: v2'),
      `${dev('newTag: v1')}- name: app\n`,
      /has the image app 2 times/,
    ],
    [
      'an image without a tag',
      dev('newName: x'),
      dev('newTag: v1'),
      /^dev\.yaml in the release: the image app has neither newTag nor digest$/,
    ],
    [
      'a tag that is shared by an anchor',
      dev('newTag: v2'),
      'images:\n- name: app\n  newTag: &t v1\n- name: b\n  newTag: *t\n',
      /cannot be set without changing something else/,
    ],
    ['a broken file', dev('newTag: v2'), 'images: [', /^prod\.yaml in main is not valid YAML: .*line 1/],
  ])('is refused for %s', async (_, from, to, expected) => {
    await expect(change([image], { 'dev.yaml': from, 'prod.yaml': to })).rejects.toThrow(expected);
  });
});

describe('a field', () => {
  it.each<[sentence: string, path: string, dev: string, prod: string, expected: string]>([
    [
      'in one of several documents changes nothing else',
      '/spec/chart/spec/version',
      'spec: {chart: {spec: {version: 6.5.1}}}\n',
      'kind: HelmRepository\nspec:\n  url: x   # odd\n---\nkind: HelmRelease\nspec:\n  chart:\n    spec:\n      version: "6.5.0"  # renovate\n',
      'kind: HelmRepository\nspec:\n  url: x   # odd\n---\nkind: HelmRelease\nspec:\n  chart:\n    spec:\n      version: "6.5.1"  # renovate\n',
    ],
    ['that is a number stays one', '/a', 'a: 5\n', 'a:   3 # three\n', 'a:   5 # three\n'],
    ['is written as it is where readers differ', '/a', 'a: 1.10\n', 'a: x\n', 'a: 1.10\n'],
    ['is quoted where that is the only way', '/a', 'a: "x: y"\n', 'a: b\n', 'a: "x: y"\n'],
    ['replaces a value that is empty', '/a', 'a: v\n', 'a:\nb: 1\n', 'a: v\nb: 1\n'],
    ['in JSON leaves JSON', '/a/1', '{"a": [1, "two"]}', '{"a":[1,"x"], "b": 2}', '{"a":[1,"two"], "b": 2}'],
    ['has ~1 and ~0 for / and ~', '/x~1y~0', 'x/y~: 2\n', 'x/y~: 1\n', 'x/y~: 2\n'],
    ['takes the place of a text block', '/a', 'a: v\n', 'a: |\n  x\n  y\nb: 1\n', 'a: v\nb: 1\n'],
    [
      'may be a map or a list; comments elsewhere stay',
      '/spec/values',
      'spec:\n  values:\n    a: [1, 2]\n    b: {c: d}\n',
      '# top\nspec:\n  values: {} # none\n  x: 1 # one\n',
      '# top\nspec:\n  values:\n    a:\n      - 1\n      - 2\n    b:\n      c: d\n  x: 1 # one\n',
    ],
  ])('%s', async (_, path, from, to, expected) => {
    expect(await change([field(path)], { 'dev.yaml': from, 'prod.yaml': to })).toEqual({
      'prod.yaml': expected,
    });
  });

  it('may come from another place', async () => {
    const files = { 'dev.yaml': 'x: {y: 2}\n', 'prod.yaml': 'a: 1\n' };
    expect(await change([field('/a', '/x/y')], files)).toEqual({ 'prod.yaml': 'a: 2\n' });
  });

  it.each<[sentence: string, path: string, dev: string, prod: string, expected: RegExp]>([
    ['that is not there', '/a/b', 'a: {b: 1}\n', 'a: 1\n', /^prod\.yaml in main has no field \/a\/b$/],
    ['that is nowhere to copy from', '/a', 'b: 1\n', 'a: 1\n', /^dev\.yaml in the release has no field \/a$/],
    ['of two documents', '/a', 'a: 2\n', 'a: 1\n---\na: 1\n', /has the field \/a in 2 documents/],
    ['behind an alias', '/b/c', 'b: {c: 2}\n', 'a: &a {c: 1}\nb: *a\n', /\/b is an alias/],
    [
      'with an anchor that others use',
      '/a',
      'a: 2\n',
      'a: &a 1\nb: *a\n',
      /cannot be set without changing something else/,
    ],
    ['of a file with a key twice', '/a', 'a: 2\n', 'a: 1\na: 1\n', /not valid YAML: Map keys must be unique/],
  ])('is refused: one %s', async (_, path, from, to, expected) => {
    await expect(change([field(path)], { 'dev.yaml': from, 'prod.yaml': to })).rejects.toThrow(expected);
  });
});

describe('a copy', () => {
  it('of a folder is exact: modes, links and what is gone', async () => {
    const files = {
      'dev/a': 'A',
      'dev/deep/run': blob('RUN', '100755'),
      'dev/link': blob('../x', '120000'),
      'prod/a': 'old',
      'prod/gone': 'G',
      'prod2/a': 'stays',
    };
    expect(await change([copy('dev/', './prod')], files)).toEqual({
      'prod/a': 'A',
      'prod/deep/run': 'RUN',
      'prod/link': '../x',
      'prod/gone': null,
    });
    const same = { 'dev/a': 'A', 'prod/a': 'A' };
    expect(await change([copy('dev', 'prod')], same)).toEqual({});
  });

  it('of a mode alone is a change', async () => {
    expect(await change([copy('a', 'b')], { a: blob('X', '100755'), b: blob('X') })).toEqual({ b: 'X' });
  });

  it('of a file may take the place of a folder, and the other way round', async () => {
    expect(await change([copy('f', 'd')], { f: 'F', 'd/x': 'X' })).toEqual({ d: 'F', 'd/x': null });
    expect(await change([copy('d', 'f')], { f: 'F', 'd/x': 'X' })).toEqual({ f: null, 'f/x': 'X' });
  });

  it('comes before what is changed in it afterwards', async () => {
    const files = {
      'dev/v.yaml': 'v: 2\nhost: dev\n',
      'prod/v.yaml': 'v: 1\nhost: prod\n',
      'dev.yaml': 'h: prod\n',
    };
    const host: FileChange = {
      type: 'field',
      file: 'prod/v.yaml',
      path: '/host',
      from: { file: 'dev.yaml', path: '/h' },
    };
    expect(await change([copy('dev', 'prod'), host], files)).toEqual({ 'prod/v.yaml': 'v: 2\nhost: prod\n' });
  });

  const link = {
    'out/x': 'X',
    in: blob('/etc', '120000'),
    sub: blob('1', '160000'),
    file: 'F',
    'dev/x': 'X',
  };
  it.each<[from: string, to: string, expected: RegExp]>([
    ['../dev', 'prod', /"\.\.\/dev" is not a path inside the repository/],
    ['/etc', 'prod', /"\/etc" is not a path inside/],
    ['dev', '.', /"\." is not a path inside/],
    ['dev', '', /"" is not a path inside/],
    ['dev', 'a/../../b', /is not a path inside/],
    ['dev', '.git/hooks', /is not a path inside/],
    ['dev', 'x/.GIT', /is not a path inside/],
    ['dev', 'in/passwd', /^in\/passwd: in in main is a symbolic link, not a folder$/],
    ['in/passwd', 'prod', /^in\/passwd: in in the release is a symbolic link, not a folder$/],
    ['in', 'prod', /^in in the release is a symbolic link, not a file or folder$/],
    ['sub', 'prod', /^sub in the release is a submodule/],
    ['dev', 'file/x', /^file\/x: file in main is a file, not a folder$/],
    ['dev', 'dev/copy', /hold each other/],
    ['dev/x', 'dev', /hold each other/],
    ['nowhere', 'prod', /^there is no nowhere in the release$/],
  ])('from "%s" to "%s" is refused', async (from, to, expected) => {
    await expect(change([copy(from, to)], link)).rejects.toThrow(expected);
  });
});

describe('a file that is changed', () => {
  it.each<[sentence: string, files: Parameters<typeof tree>[0], expected: RegExp]>([
    ['is not there', { 'dev.yaml': 'a: 1' }, /^there is no file prod\.yaml in main$/],
    ['is nowhere to copy from', { 'prod.yaml': 'a: 1' }, /^there is no file dev\.yaml in the release$/],
    ['is a folder', { 'dev.yaml': 'a: 1', 'prod.yaml/x': '' }, /is a folder, not a file/],
    ['is a symbolic link', { 'dev.yaml': 'a: 1', 'prod.yaml': blob('/x', '120000') }, /is a symbolic link/],
  ])('is refused where it %s', async (_, files, expected) => {
    await expect(change([field('/a')], files)).rejects.toThrow(expected);
  });

  it('keeps its mode', async () => {
    const target = tree({ 'dev.yaml': 'a: 2\n', 'prod.yaml': blob('a: 1\n', '100755') });
    const read = async (id: string) => new TextEncoder().encode(id);
    const names = { target: 'main', source: 'main' };
    const after = await applyChanges([field('/a')], { target, source: target, names, read });
    expect(after.get('prod.yaml')).toEqual({ mode: '100755', content: { text: 'a: 2\n' } });
  });

  it('is refused where it is no text', async () => {
    const target = tree({ 'dev.yaml': 'x', 'prod.yaml': 'x' });
    const read = async () => new Uint8Array([0xff, 0xfe]);
    const names = { target: 'main', source: 'main' };
    await expect(applyChanges([field('/a')], { target, source: target, names, read })).rejects.toThrow(
      'prod.yaml in main is not text in UTF-8',
    );
  });
});
