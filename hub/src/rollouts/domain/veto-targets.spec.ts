import { describe, expect, it } from 'vitest';
import { vetoTargets } from './veto-targets.js';

const url = 'https://git.example.com/org/fleet';
const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' };

describe('what stops a rollout when it is vetoed', () => {
  it.each([
    ['is what it moves', { source, url, revision: 'main@sha1:a' }, ['main@sha1:a']],
    [
      'is the release, too, where Git was written for it',
      { source, url, revision: 'main@sha1:b', released: 'main@sha1:a' },
      ['main@sha1:b', 'main@sha1:a'],
    ],
    ['is nothing where nobody knows the address', { source, url: '', revision: 'main@sha1:a' }, []],
  ] as const)('%s', (_sentence, item, revisions) => {
    expect(vetoTargets([item])).toEqual(revisions.map((revision) => ({ url, revision })));
  });
});
