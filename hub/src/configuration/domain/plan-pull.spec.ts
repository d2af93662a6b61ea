import { describe, expect, it } from 'vitest';
import { planPull, summaryOf } from './plan-pull.js';

const environment = (name: string, fields = 'selector: {matchLabels: {env: a}}') =>
  `apiVersion: flotilla.dev/v1alpha1\nkind: Environment\nmetadata: {name: ${name}}\nspec: {${fields}}\n`;
const pipeline = (name: string) =>
  `apiVersion: flotilla.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: ${name}}\nspec: {sources: [{name: a}], environments: [{name: dev}]}\n`;
const file = (path: string, ...texts: string[]) => ({ path, text: texts.join('---\n') });
const made = (kind: 'Environment' | 'Pipeline', name: string) => ({ kind, name });

describe('planPull', () => {
  it('takes every document of every file, environments first, and leaves others alone', () => {
    const plan = planPull(
      [
        file('a.yaml', pipeline('shop'), 'apiVersion: v1\nkind: ConfigMap\n', environment('dev')),
        file('b.json', JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1' })),
      ],
      [],
    );
    expect(plan.documents.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'Environment/dev',
      'Pipeline/shop',
    ]);
    expect(plan.paths.get('Pipeline/shop')).toBe('a.yaml');
    expect(plan.problems).toEqual([]);
  });

  it('finds what the repository had made before and has not any more, pipelines first', () => {
    const before = [made('Environment', 'old'), made('Environment', 'dev'), made('Pipeline', 'old')];
    const { gone } = planPull([file('a.yaml', environment('dev'))], before);
    expect(gone).toEqual([made('Pipeline', 'old'), made('Environment', 'old')]);
  });

  it.each([
    ['no file', []],
    ['empty files', [file('a.yaml', '')]],
    ['only documents of others', [file('a.yaml', 'apiVersion: v1\nkind: List\n')]],
  ])('removes nothing when there is nothing: %s', (_, files) => {
    const { gone, problems } = planPull(files, [made('Environment', 'dev')]);
    expect(gone).toEqual([]);
    expect(summaryOf(problems)).toBe(
      'no file there holds a document of flotilla.dev; the 1 that came from there are kept',
    );
  });

  it.each([
    ['a field that is wrong', environment('dev', 'selectr: 1'), /^x\.yaml: Environment\/dev: spec/],
    [
      'a wrong version',
      environment('dev').replace('v1alpha1', 'v2'),
      /^x\.yaml: Environment\/dev: apiVersion: must be/,
    ],
    [
      'a kind that is not known',
      environment('dev').replace('kind: E', 'kind: e'),
      /^x\.yaml: environment\/dev: kind: must be/,
    ],
    ['a text that is no YAML', 'a: [', /^x\.yaml: /],
    [
      'a name that is there twice',
      `${environment('dev')}---\n${environment('dev')}`,
      /Environment\/dev: metadata\.name: is in x\.yaml, too/,
    ],
  ])('names the file, the document and the field of %s, and removes nothing', (_, text, message) => {
    const { gone, problems } = planPull([file('x.yaml', text)], [made('Environment', 'other')]);
    expect(summaryOf(problems)).toMatch(message);
    expect(gone).toEqual([]);
  });
});
