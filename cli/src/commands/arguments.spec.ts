import { describe, expect, it } from 'vitest';
import { intentSeconds } from '../hub/act-on-fleet.js';
import { movementWords } from '../options/movement-words.js';
import { reasonOf } from '../options/reason.js';
import { meansFleet } from '../options/cluster-targets.js';
import { namespaceOf } from '../options/global-options.js';
import { parseLabelChanges } from './cluster-admin.js';
import { scopeOf } from './freeze.js';
import { sourceOf, splitRevision } from './release-create.js';
import { checkShortForm } from './rollout-verbs.js';
import { agentCommand } from './token-create.js';
import { idOf } from './token-revoke.js';
import { checkTarget } from './veto.js';

describe('arguments', () => {
  it('change labels as kubectl does', () => {
    expect(parseLabelChanges(['env=prod', 'canary-', 'a-b=c', 'empty='])).toEqual({
      env: 'prod',
      canary: null,
      'a-b': 'c',
      empty: '',
    });
    expect(() => parseLabelChanges(['env'])).toThrow('expected key=value, or key- to remove it');
    expect(() => parseLabelChanges(['=x'])).toThrow('expected key=value');
    expect(() => parseLabelChanges(['env=a', 'env-'])).toThrow('given twice');
  });

  it.each([
    ['flt_abc123_secret', 'abc123'],
    ['flj_abc123_secret_pin', 'abc123'],
    ['abc123', 'abc123'],
    ['my_name_here', 'my_name_here'],
  ])('the token %s is found by %s', (text, id) => expect(idOf(text)).toBe(id));

  it('mean the fleet with --cluster or -l, and not with both or with an empty selector', () => {
    expect(meansFleet({})).toBe(false);
    expect(meansFleet({ cluster: ['a'] })).toBe(true);
    expect(meansFleet({ selector: 'env=prod' })).toBe(true);
    expect(() => meansFleet({ cluster: ['a'], selector: 'b' })).toThrow('give one of them');
    expect(() => meansFleet({ selector: ' ' })).toThrow('would be every cluster');
  });

  it('choose the namespace as Flux does', () => {
    expect(namespaceOf({ timeout: 1 }, {})).toBe('flux-system');
    expect(namespaceOf({ timeout: 1 }, { FLUX_SYSTEM_NAMESPACE: 'gitops' })).toBe('gitops');
    expect(namespaceOf({ timeout: 1, namespace: 'x' }, { FLUX_SYSTEM_NAMESPACE: 'gitops' })).toBe('x');
  });

  it.each([
    [1, 10],
    [300_000, 300],
    [300_001, 301],
    [999_999_999, 86_400],
  ])('an intent that is waited for %d ms lives %d s', (ms, seconds) =>
    expect(intentSeconds(ms)).toBe(seconds),
  );

  it('say how the agent is started', () => {
    expect(agentCommand('https://hub.example.com/flotilla', 'prod')).toBe(
      'flotilla-agent --hub-address hub.example.com:8443 --cluster-name prod --join-token-file join-token',
    );
  });
});

describe('what is promoted, stopped or refused', () => {
  it.each<[readonly string[], object]>([
    [['0199d0c4'], { text: '0199d0c4' }],
    [['rollout', '0199d0c4'], { kind: 'rollout', text: '0199d0c4' }],
    [['promotions', 'shop-7'], { kind: 'promotion', text: 'shop-7' }],
  ])('%j is one of them', (words, meant) => expect(movementWords('abort', words)).toEqual(meant));

  it.each<[readonly string[], RegExp]>([
    [['rollout'], /abort rollout: which one\?/],
    [['a', 'b'], /abort a: there is one at a time/],
    [['rollout', 'a', 'b'], /abort rollout: one at a time/],
  ])('%j is not', (words, text) => expect(() => movementWords('abort', words)).toThrow(text));

  it('is a rollout for the short form of resume only where it can be nothing else', () => {
    expect(() => checkShortForm(['0199d0c4-7d1c'], {})).not.toThrow();
    expect(() => checkShortForm(['shop-7'], { to: 'prod' })).not.toThrow();
    expect(() => checkShortForm(['shop-7'], {})).toThrow('is no kind');
    expect(() => checkShortForm(['kustomisation', 'apps'], {})).toThrow('resume kustomisation: is no kind');
  });

  it('has a reason that says something', () => {
    expect(reasonOf({ reason: ' why ' }, 'x')).toBe('why');
    expect(() => reasonOf({ reason: ' ' }, 'x')).toThrow('--reason is missing');
    expect(() => reasonOf({}, 'x')).toThrow('--reason is missing');
  });

  it.each<[Parameters<typeof scopeOf>[0], object]>([
    [{ timeout: 1, environment: 'prod' }, { environment: 'prod' }],
    [{ timeout: 1, all: true }, { organisation: true }],
    [{ timeout: 1, source: 'apps' }, { source: { name: 'apps' } }],
    [
      { timeout: 1, cluster: 'edge', source: 'HelmChart/flux-system/db' },
      { cluster: 'edge', source: { kind: 'HelmChart', namespace: 'flux-system', name: 'db' } },
    ],
  ])('a freeze %j stands in %j', (options, scope) => expect(scopeOf(options)).toEqual(scope));

  it.each<[Parameters<typeof scopeOf>[0], string]>([
    [{ timeout: 1 }, 'what is to stand still?'],
    [{ timeout: 1, all: true, environment: 'prod' }, 'give one of them'],
    [{ timeout: 1, source: 'a/b/c/d' }, 'is no source'],
    [{ timeout: 1, source: 'a//b' }, 'is no source'],
  ])('a freeze %j is refused', (options, text) => expect(() => scopeOf(options)).toThrow(text));

  it('a veto is of a release, or of an address with a revision', () => {
    const url = 'https://git.example.com/org/fleet';
    expect(() => checkTarget('shop-7', { pipeline: 'shop' })).not.toThrow();
    expect(() => checkTarget(undefined, { url, revision: 'a' })).not.toThrow();
    expect(() => checkTarget(undefined, {})).toThrow('what is to be vetoed?');
    expect(() => checkTarget(undefined, { revision: 'a' })).toThrow('--url is missing');
    expect(() => checkTarget('shop-7', { revision: 'a' })).toThrow('give one of them');
    expect(() => checkTarget(undefined, { url, revision: 'a', pipeline: 'x' })).toThrow('--pipeline');
  });

  it.each<[string, object]>([
    ['4f1c9b2', { revision: '4f1c9b2' }],
    ['main@sha1:4f1c9b2', { revision: 'main@sha1:4f1c9b2' }],
    ['feature/a=b@sha1:4f1c9b2', { source: 'feature/a', revision: 'b@sha1:4f1c9b2' }],
    ['apps=main@sha1:4f1c', { source: 'apps', revision: 'main@sha1:4f1c' }],
    ['HelmChart/flux-system/db=1.4.2', { source: 'HelmChart/flux-system/db', revision: '1.4.2' }],
  ])('the revision %s is %j', (text, parts) => expect(splitRevision(text)).toEqual(parts));

  it('a source of a pipeline is named as shortly as it can be', () => {
    const apps = { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' };
    const other = { ...apps, namespace: 'team' };
    const pipeline = { name: 'shop', spec: { sources: [apps, other, { ...apps, name: 'db' }] } };
    expect(sourceOf(pipeline, 'db')).toMatchObject({ name: 'db' });
    expect(sourceOf(pipeline, 'team/apps')).toEqual(other);
    expect(() => sourceOf(pipeline, 'apps')).toThrow('several sources of this name');
    expect(() => sourceOf(pipeline, 'web')).toThrow('has no source web');
  });
});
