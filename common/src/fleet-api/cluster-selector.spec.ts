import { describe, expect, it } from 'vitest';
import { formatSelector, matchesSelector } from '../labels/selector.js';
import { selectorOf } from './cluster-selector.js';
import type { ClusterSelector } from './fields.js';

const rows: {
  says: string;
  selector: ClusterSelector;
  text: string;
  matches: Record<string, string>[];
  not: Record<string, string>[];
}[] = [
  {
    says: 'all labels',
    selector: { matchLabels: { env: 'prod', tier: 'a' } },
    text: 'env=prod,tier=a',
    matches: [{ env: 'prod', tier: 'a', more: 'x' }],
    not: [{ env: 'prod' }, { env: 'dev', tier: 'a' }, {}],
  },
  {
    says: 'an empty value, which is not the same as no label',
    selector: { matchLabels: { canary: '' } },
    text: 'canary=',
    matches: [{ canary: '' }],
    not: [{}, { canary: 'yes' }],
  },
  {
    says: 'In',
    selector: { matchExpressions: [{ key: 'env', operator: 'In', values: ['dev', 'test'] }] },
    text: 'env in (dev,test)',
    matches: [{ env: 'dev' }, { env: 'test' }],
    not: [{ env: 'prod' }, {}],
  },
  {
    says: 'NotIn, which a cluster without the label satisfies',
    selector: { matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['dev'] }] },
    text: 'env!=dev',
    matches: [{ env: 'prod' }, {}],
    not: [{ env: 'dev' }],
  },
  {
    says: 'Exists and DoesNotExist',
    selector: {
      matchExpressions: [
        { key: 'env', operator: 'Exists' },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    },
    text: 'env,!old',
    matches: [{ env: '' }],
    not: [{ env: 'a', old: '' }, {}],
  },
];

describe('selectorOf', () => {
  it.each(rows)('understands $says', ({ selector, text, matches, not }) => {
    const read = selectorOf(selector);
    expect(formatSelector(read)).toBe(text);
    expect(matches.map((labels) => matchesSelector(read, labels))).toEqual(matches.map(() => true));
    expect(not.map((labels) => matchesSelector(read, labels))).toEqual(not.map(() => false));
  });
});
