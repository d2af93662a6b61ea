import { describe, expect, it } from 'vitest';
import { parseEnrolmentRequest } from './enrolment-request.schema.js';

const good = {
  clusterName: 'prod-eu-1',
  clusterUid: 'u',
  labels: { env: 'prod', 'example.com/team': 'a.b_c', empty: '' },
};

describe('what an agent says of its cluster', () => {
  it('is taken as it is', () => {
    expect(parseEnrolmentRequest(good)).toEqual(good);
  });

  it.each<[string, object, string, RegExp]>([
    ['a name with capitals', { clusterName: 'Prod' }, 'clusterName', /expected lower case letters/],
    ['an empty name', { clusterName: '' }, 'clusterName', /expected lower case/],
    ['a name of 64 characters', { clusterName: 'a'.repeat(64) }, 'clusterName', /at most 63/],
    ['a name that ends with a dash', { clusterName: 'a-' }, 'clusterName', /expected/],
    ['no uid', { clusterUid: '' }, 'clusterUid', /uid of the namespace kube-system/],
    ['a label value with blanks', { labels: { env: 'a b' } }, 'labels.env', /a value must have at most 63/],
    [
      'a label key with two slashes',
      { labels: { 'a/b/c': 'x' } },
      'labels.a/b/c',
      /DNS name|a key must have/,
    ],
    [
      'too many labels',
      { labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, 'x'])) },
      'labels',
      /at most 64/,
    ],
  ])('is refused with %s', (_, over, field, message) => {
    try {
      parseEnrolmentRequest({ ...good, ...over });
      expect.fail('it was not refused');
    } catch (error) {
      expect(error).toMatchObject({ code: 'Invalid', field, message: expect.stringMatching(message) });
    }
  });
});
