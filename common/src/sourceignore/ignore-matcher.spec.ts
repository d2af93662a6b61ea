import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ignoreMatcher, type IgnoreFile } from './ignore-matcher.js';

/** A trailing slash means a folder. */
function ignored(patterns: string, path: string): boolean {
  const matcher = ignoreMatcher({ files: [], specIgnore: patterns, of: 'bucket' });
  return matcher.ignores(path.replace(/\/$/, ''), path.endsWith('/'));
}

describe('one pattern (flux-compat 2.3)', () => {
  it.each<[string, string, boolean]>([
    // names, at any depth
    ['a.txt', 'a.txt', true],
    ['a.txt', 'x/y/a.txt', true],
    ['a.txt', 'a.txt/below', true],
    ['a.txt', 'b.txt', false],
    ['*.jpg', 'x/y.jpg', true],
    ['*.jpg', 'y.jpeg', false],
    ['?.md', 'a.md', true],
    ['?.md', 'ab.md', false],
    ['[ab].md', 'b.md', true],
    ['[^ab].md', 'b.md', false],
    ['[ab.md', '[ab.md', false],
    ['*', 'any/thing', true],
    // folders
    ['dir/', 'dir/', true],
    ['dir/', 'dir', false],
    ['dir/', 'dir/file', true],
    ['dir/', 'x/dir/file', true],
    ['dir/', 'x/dir', false],
    ['dir', 'dir/', true],
    // paths
    ['/a.txt', 'a.txt', true],
    ['/a.txt', 'x/a.txt', false],
    ['x/a.txt', 'x/a.txt', true],
    ['x/a.txt', 'y/x/a.txt', false],
    ['x/*.txt', 'x/a.txt', true],
    ['x/*.txt', 'x/y/a.txt', false],
    ['x/y', 'x/y/deep/file', true],
    ['x/y/', 'x/y', false],
    ['x/y/', 'x/y/', true],
    ['x/y/', 'x/y/file', true],
    ['/dir/', 'dir/file', true],
    ['/*', 'a/b', true],
    // two stars
    ['**/a', 'a', true],
    ['**/a', 'x/y/a', true],
    ['**/a', 'x/y/b', false],
    ['**/a/b', 'x/a/b', true],
    ['**/a/b', 'x/a/c', false],
    ['x/**', 'x/y/z', true],
    ['x/**', 'x', true],
    ['x/**', 'y/x', false],
    ['x/**/z', 'x/z', true],
    ['x/**/z', 'x/a/b/z', true],
    ['x/**/z', 'x/a/b', false],
    ['x/**/z/', 'x/a/z', false],
    ['x/**/z/', 'x/a/z/file', true],
    ['x/a**b', 'x/ab', false],
    ['a**b', 'aXb', true],
    // what is special
    ['\\#a', '#a', true],
    ['\\!a', '!a', true],
    ['# a', '# a', false],
    ['  ', '  ', false],
    ['a   ', 'a', true],
    ['a\\ ', 'a ', true],
    ['a b', 'a b', true],
    ['a\r', 'a', true],
    ['é*', 'école', true],
  ])('%j on %j: %s', (pattern, path, expected) => expect(ignored(pattern, path)).toBe(expected));
});

describe('several patterns (flux-compat 2.3)', () => {
  it('the last one that matches decides', () => {
    expect(ignored('*.md\n!README.md', 'README.md')).toBe(false);
    expect(ignored('!README.md\n*.md', 'README.md')).toBe(true);
    expect(ignored('*.md\n!README.md\n/README.md', 'README.md')).toBe(true);
  });

  it('a file below an excluded folder can be taken in, unlike in git', () => {
    const patterns = 'dir/\n!dir/keep.yaml';
    expect(ignored(patterns, 'dir/')).toBe(true);
    expect(ignored(patterns, 'dir/other.yaml')).toBe(true);
    expect(ignored(patterns, 'dir/keep.yaml')).toBe(false);
  });

  it('everything but one folder', () => {
    const patterns = '/*\n!/deploy';
    expect(ignored(patterns, 'README.md')).toBe(true);
    expect(ignored(patterns, 'src/a.ts')).toBe(true);
    expect(ignored(patterns, 'deploy/')).toBe(false);
    expect(ignored(patterns, 'deploy/a/b.yaml')).toBe(false);
  });
});

describe('defaults (flux-compat 2.3)', () => {
  const vcs = ['.git/config', '.gitignore', 'sub/.gitmodules', '.gitattributes'];
  const others = [
    'a.jpg',
    'a.jpeg',
    'a.gif',
    'a.png',
    'a.wmv',
    'a.flv',
    'a.tar.gz',
    'a.zip',
    '.github/x',
    '.circleci/x',
    '.travis.yml',
    '.gitlab-ci.yml',
    'appveyor.yml',
    '.drone.yml',
    'cloudbuild.yaml',
    'codeship-services.yml',
    'codeship-steps.yml',
    '.goreleaser.yml',
    'x/.sops.yaml',
    'x/.flux.yaml',
  ];
  const rules = (specIgnore?: string, files: IgnoreFile[] = []) =>
    ignoreMatcher({ files, of: 'tree', ...(specIgnore === undefined ? {} : { specIgnore }) });

  it.each([...vcs, ...others])('leave out %s', (path) => expect(rules().ignores(path, false)).toBe(true));

  it.each(['kustomization.yaml', 'apps/deploy.yaml', '.sourceignore'])('keep %s', (path) => {
    expect(rules().ignores(path, false)).toBe(false);
  });

  it('hold while there are only comments and blank lines', () => {
    expect(rules('# nothing\n\n', [{ directory: '', text: '# nothing\n' }]).ignores('a.jpg', false)).toBe(
      true,
    );
  });

  it.each([
    ['spec.ignore', rules('zzz')],
    ['a file', rules(undefined, [{ directory: 'deep/down', text: 'zzz' }])],
  ])('but for version control vanish with any pattern in %s', (_where, matcher) => {
    for (const path of vcs) expect(matcher.ignores(path, false)).toBe(true);
    for (const path of others) expect(matcher.ignores(path, false)).toBe(false);
  });

  it('of version control can be overridden', () =>
    expect(rules('!.gitignore').ignores('.gitignore', false)).toBe(false));

  it('do not exist for buckets', () => {
    const matcher = ignoreMatcher({ files: [], of: 'bucket' });
    for (const path of [...vcs, ...others]) expect(matcher.ignores(path, false)).toBe(false);
  });
});

describe('ignore files in folders (flux-compat 2.3)', () => {
  const matcher = ignoreMatcher({
    of: 'tree',
    files: [
      { directory: 'a/b', text: '!secret.yaml' },
      { directory: 'a', text: 'secret.yaml\n/only-here.yaml' },
      { directory: '', text: '*.log' },
      { directory: '.git', text: '*' },
      { directory: 'c/.git/hooks', text: '*' },
    ],
    specIgnore: '!a/keep.log',
  });

  it.each<[string, boolean]>([
    ['x.log', true],
    ['a/x.log', true],
    ['a/keep.log', false],
    ['secret.yaml', false],
    ['a/secret.yaml', true],
    ['a/c/secret.yaml', true],
    ['a/b/secret.yaml', false],
    ['a/only-here.yaml', true],
    ['a/b/only-here.yaml', false],
    ['ab/secret.yaml', false],
    ['kept.yaml', false],
  ])('%s: %s', (path, expected) => expect(matcher.ignores(path, false)).toBe(expected));

  it('count only at the root of a bucket', () => {
    const bucket = ignoreMatcher({
      of: 'bucket',
      files: [
        { directory: 'a', text: '*' },
        { directory: '', text: 'b' },
      ],
    });
    expect(bucket.ignores('a/x', false)).toBe(false);
    expect(bucket.ignores('b', false)).toBe(true);
  });
});

it('any text is a list of patterns, and any path has an answer', () => {
  const unit = fc.constantFrom('*', '**', '?', '[', ']', '!', '#', '/', '\\', ' ', 'a', 'b', '-', '^', '\n');
  fc.assert(
    fc.property(
      fc.string({ unit }),
      fc.string({ unit: fc.constantFrom('a', 'b', '/') }),
      fc.boolean(),
      (text, path, isDirectory) => {
        expect(
          typeof ignoreMatcher({ files: [], specIgnore: text, of: 'tree' }).ignores(path, isDirectory),
        ).toBe('boolean');
      },
    ),
  );
});
