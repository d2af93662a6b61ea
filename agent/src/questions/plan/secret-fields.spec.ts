import { describe, expect, it } from 'vitest';
import { refOf, type KubeObject } from '@flotilla/common/kube/object';
import { SecretFields } from './secret-fields.js';

function object(kind: string, name: string, fields: Record<string, unknown>): KubeObject {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return { apiVersion, kind, metadata: { name, namespace: 'apps', labels: { a: 'b' } }, ...fields };
}

const map = (data: Record<string, unknown>, name = 'config'): KubeObject =>
  object('ConfigMap', name, { data });
const ref = refOf(map({}));

describe('the fields that are secret', () => {
  it.each([
    ['data of a Secret', ['data', 'password'], true],
    ['stringData of a Secret', ['stringData', 'password'], true],
    ['annotations of a Secret, where kubectl keeps a copy', ['metadata', 'annotations', 'x'], true],
    ['labels of a Secret', ['metadata', 'labels', 'a'], false],
    ['type of a Secret', ['type'], false],
  ])('%s', (_case, path, expected) => {
    expect(SecretFields.none.hides({ apiVersion: 'v1', kind: 'Secret', name: 'x' }, path)).toBe(expected);
  });

  it('are no fields of what only has the name of the kind', () => {
    const other = { apiVersion: 'example.org/v1', kind: 'Secret', name: 'x' };
    expect(SecretFields.none.hides(other, ['data', 'password'])).toBe(false);
  });

  it('are those that depend on a secret, however it was cut', () => {
    const fields = SecretFields.between([map({ a: 'hun', b: 'open' })], [map({ a: 'x5f', b: 'open' })]);
    expect(fields.hides(ref, ['data', 'a'])).toBe(true);
    expect(fields.hides(ref, ['data', 'b'])).toBe(false);
    expect(fields.hides(ref, ['data'])).toBe(true);
    expect(fields.hidesSome(ref)).toBe(true);
    expect(fields.hidesName(ref)).toBe(false);
  });

  it('are found at any place of a list, since a server may put its items in another order', () => {
    const withEnv = (value: string): KubeObject =>
      object('Deployment', 'app', {
        spec: {
          env: [
            { name: 'A', value: 'open' },
            { name: 'B', value },
          ],
        },
      });
    const fields = SecretFields.between([withEnv('secret')], [withEnv('other')]);
    const app = refOf(withEnv(''));
    expect(fields.hides(app, ['spec', 'env', 0, 'value'])).toBe(true);
    expect(fields.hides(app, ['spec', 'env', 0, 'name'])).toBe(false);
  });

  it('are all fields of an object whose name is another one, and the name itself', () => {
    const fields = SecretFields.between([map({}, 'hunter2')], [map({}, 'x5f')]);
    const named = refOf(map({}, 'hunter2'));
    expect([fields.hides(named, ['data', 'a']), fields.hidesName(named)]).toEqual([true, true]);
  });

  it('of a generator are those that depend on a secret, and not the name that ends with its digest', () => {
    const [made, blind] = ['app-7bf2d9kmh4', 'app-9t2k5fc8gm'] as const;
    const fields = SecretFields.between(
      [map({ a: 'hunter2', b: 'open' }, made)],
      [map({ a: 'x5f', b: 'open' }, blind)],
    );
    const named = refOf(map({}, made));
    expect(fields.hidesName(named)).toBe(false);
    expect(fields.hides(named, ['data', 'a'])).toBe(true);
    expect(fields.hides(named, ['data', 'b'])).toBe(false);
    expect(fields.hides(named, ['metadata', 'labels', 'a'])).toBe(false);
  });

  it('are labels of a Secret, too, where they were made of a secret', () => {
    const secret = (team: string): KubeObject => {
      const made = object('Secret', 'login', { data: {} });
      return { ...made, metadata: { ...made.metadata, labels: { a: 'b', team } } };
    };
    const fields = SecretFields.between([secret('hunter2')], [secret('x5f')]);
    const login = refOf(secret(''));
    expect(fields.hides(login, ['metadata', 'labels', 'team'])).toBe(true);
    expect(fields.hides(login, ['metadata', 'labels', 'a'])).toBe(false);
  });

  it('are all when there are other objects without the secrets', () => {
    const fields = SecretFields.between([map({})], []);
    expect([fields.hides(ref, ['data', 'a']), fields.hidesSome(ref)]).toEqual([true, true]);
  });
});
