import { describe, expect, it } from 'vitest';
import { deliveredItems } from './delivered-items.js';

const item = (name: string, revision: string) => ({
  source: { kind: 'GitRepository', namespace: 'flux-system', name },
  url: 'https://git.example.com/org/fleet',
  revision,
});
const released = [item('apps', 'main@sha1:a'), item('infra', 'main@sha1:b')];

describe('what an environment takes of a release', () => {
  it.each([
    ['is the release where nothing was written', [], ['main@sha1:a', 'main@sha1:b']],
    [
      'is the commit that was made, of the source that it was made for',
      [item('infra', 'prod@sha1:c')],
      ['main@sha1:a', 'prod@sha1:c'],
    ],
    [
      'is not what was made for a source of another name, namespace or kind',
      [
        item('web', 'prod@sha1:c'),
        { ...item('apps', 'prod@sha1:c'), source: { ...item('apps', '').source, namespace: 'other' } },
        { ...item('apps', 'prod@sha1:c'), source: { ...item('apps', '').source, kind: 'Bucket' } },
      ],
      ['main@sha1:a', 'main@sha1:b'],
    ],
  ] as const)('%s', (_sentence, written, revisions) => {
    const items = deliveredItems(released, written);
    expect(items.map(({ revision }) => revision)).toEqual(revisions);
    expect(items.map(({ revision, released = revision }) => released)).toEqual([
      'main@sha1:a',
      'main@sha1:b',
    ]);
    expect(items.map(({ url }) => url)).toEqual(released.map(({ url }) => url));
  });
});
