import { describe, expect, it } from 'vitest';
import { readDelivery, type Provider } from './pull-request.js';

const sha = 'a'.repeat(40);
const clone = 'https://git.example/acme/fleet.git';
const pull = {
  action: 'opened',
  number: 7,
  pull_request: { head: { sha }, base: { ref: 'main' } },
  repository: { full_name: 'acme/fleet', clone_url: clone, ssh_url: 'git@git.example:acme/fleet.git' },
};
const merge = {
  object_kind: 'merge_request',
  project: { id: 42, git_http_url: clone },
  object_attributes: { iid: 7, action: 'open', target_branch: 'main', last_commit: { id: sha } },
};

describe('the delivery of a webhook', () => {
  it.each<[Provider, string, object, object]>([
    ['github', 'pull_request', pull, { ref: 'refs/pull/7/head', repository: 'acme/fleet' }],
    ['gitea', 'pull_request', { ...pull, action: 'synchronized' }, { ref: 'refs/pull/7/head' }],
    ['gitlab', 'Merge Request Hook', merge, { ref: 'refs/merge-requests/7/head', repository: '42' }],
  ])('of %s names the head of the pull request', (provider, event, body, expected) => {
    const common = { provider, number: 7, commit: sha, base: 'main' };
    expect(readDelivery(provider, event, body)).toEqual({
      pullRequest: expect.objectContaining({ ...common, ...expected }),
    });
  });

  it.each<[string, Provider, string, unknown]>([
    ['about something else', 'github', 'push', pull],
    ['of GitHub, that it was closed', 'github', 'pull_request', { ...pull, action: 'closed' }],
    [
      'of GitLab about its title',
      'gitlab',
      'Merge Request Hook',
      {
        ...merge,
        object_attributes: { ...merge.object_attributes, action: 'update' },
      },
    ],
  ])('%s is ignored', (_case, provider, event, body) => {
    expect(readDelivery(provider, event, body)).toHaveProperty('ignored');
  });

  it.each<[string, Provider, string, unknown, string]>([
    ['nothing', 'github', 'pull_request', null, 'body'],
    [
      'no commit',
      'github',
      'pull_request',
      { ...pull, pull_request: { head: { sha: '--x' }, base: { ref: 'm' } } },
      'sha',
    ],
    [
      'a repository that is a path',
      'gitea',
      'pull_request',
      {
        ...pull,
        repository: { full_name: '../../admin' },
      },
      'full_name',
    ],
  ])('with %s is refused', (_case, provider, event, body, field) => {
    expect(readDelivery(provider, event, body)).toEqual({ invalid: expect.stringContaining(field) });
  });
});
