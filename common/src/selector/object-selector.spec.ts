import { describe, expect, it } from 'vitest';
import { compileTarget, type ObjectTarget } from './object-selector.js';

const object = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web-1', namespace: 'apps', labels: { app: 'web' }, annotations: { team: 'a' } },
};

describe('a target (flux-compat 3.1)', () => {
  it.each<[target: ObjectTarget | undefined, matches: boolean]>([
    [undefined, true],
    [{}, true],
    [{ kind: 'Deployment' }, true],
    [{ kind: 'Deploy' }, false],
    [{ kind: 'Deploy.*' }, true],
    [{ kind: 'Service|Deployment' }, true],
    [{ group: 'apps', version: 'v1', kind: 'Deployment', name: 'web-\\d', namespace: 'apps' }, true],
    [{ group: 'app' }, false],
    [{ version: 'v2' }, false],
    [{ name: 'web' }, false],
    [{ namespace: 'other' }, false],
    [{ labelSelector: 'app=web' }, true],
    [{ labelSelector: 'app in (api)' }, false],
    [{ annotationSelector: 'team' }, true],
    [{ annotationSelector: '!team' }, false],
    [{ kind: 'Deployment', labelSelector: 'app=api' }, false],
  ])('%j matches: %s', (target, matches) => {
    expect(compileTarget(target)(object)).toBe(matches);
  });

  it('has no group for the core group, and no namespace for the cluster', () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
    expect(compileTarget({ version: 'v1', kind: 'Node' })(node)).toBe(true);
    expect(compileTarget({ group: '.+' })(node)).toBe(false);
    expect(compileTarget({ namespace: '.+' })(node)).toBe(false);
  });

  it.each<[target: ObjectTarget, message: RegExp]>([
    [{ kind: '(' }, /^kind: error parsing regexp/],
    [{ name: '(?=a)' }, /^name: error parsing regexp/],
    [{ labelSelector: 'a in' }, /^labelSelector: /],
  ])('that cannot be read is named: %j', (target, message) => {
    expect(() => compileTarget(target)).toThrow(message);
  });
});
