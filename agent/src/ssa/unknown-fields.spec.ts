import type { KubeObject } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { withoutUnknownFields } from './unknown-fields.js';

const prefix = 'failed to create typed patch object: ';
const deployment: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x', namespace: 'n' },
  spec: {
    colour: 'red',
    replicas: 1,
    template: {
      spec: {
        containers: [
          { name: 'a', image: 'i' },
          {
            name: 'b',
            image: 'i',
            shape: 'round',
            ports: [{ containerPort: 80, protocol: 'TCP', size: 1 }],
            args: ['x'],
          },
        ],
      },
    },
  },
};

describe('fields that the server does not know (flux-compat 3.6, 1)', () => {
  const rows: Array<[string, string, string[]]> = [
    ['one field', `${prefix}.spec.colour: field not declared in schema`, ['spec.colour']],
    [
      'several fields, one of them in a list item named by its key',
      `${prefix}errors:\n  .spec.colour: field not declared in schema\n  .spec.template.spec.containers[name="b"].shape: field not declared in schema`,
      ['spec.colour', 'spec.template.spec.containers.1.shape'],
    ],
    [
      'an item with two keys',
      `${prefix}.spec.template.spec.containers[name="b"].ports[containerPort=80,protocol="TCP"].size: field not declared in schema`,
      ['spec.template.spec.containers.1.ports.0.size'],
    ],
    [
      'the object named before the list, as newer servers do',
      'failed to create typed patch object (n/x; apps/v1, Kind=Deployment): .spec.colour: field not declared in schema',
      ['spec.colour'],
    ],
    [
      'dots in the names before the path',
      'failed to create typed patch object (n/my.app; rbac.authorization.k8s.io/v1, Kind=RoleBinding): .spec.colour: field not declared in schema',
      ['spec.colour'],
    ],
    [
      'an item by position',
      `${prefix}.spec.template.spec.containers[1].shape: field not declared in schema`,
      ['spec.template.spec.containers.1.shape'],
    ],
  ];
  it.each(rows)('are dropped: %s', (_, message, paths) => {
    const wanted = structuredClone(deployment);
    for (const path of paths) dropAt(wanted, path.split('.'));
    expect(withoutUnknownFields(deployment, message)).toEqual(wanted);
  });

  it.each([
    ['another error', deployment, 'admission webhook denied the request'],
    ['a path that the object does not have', deployment, `${prefix}.spec.size: field not declared in schema`],
    [
      'a custom resource, where Flux reports the error',
      { ...deployment, apiVersion: 'example.com/v1' },
      `${prefix}.spec.colour: field not declared in schema`,
    ],
  ])('nothing is dropped for %s', (_, object, message) => {
    expect(withoutUnknownFields(object, message)).toBeUndefined();
  });
});

function dropAt(root: unknown, path: string[]): void {
  const parent = path.slice(0, -1).reduce<unknown>((node, key) => Reflect.get(node as object, key), root);
  Reflect.deleteProperty(parent as object, path.at(-1)!);
}
