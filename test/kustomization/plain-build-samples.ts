// Manifests for builds that need no kustomize, and some that only look like it.
import fc from 'fast-check';
import { emitYaml } from '@flotilla/common/yaml/emit';

export interface SampleObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export function object(apiVersion: string, kind: string, name: string, namespace?: string): SampleObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

export function manifest(of: SampleObject): string {
  return emitYaml(of);
}

const binding = (subject: string): string => `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: binding
  namespace: apps
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- ${subject}
- {kind: User, name: somebody}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
  namespace: apps
`;

/** Documents by what is special about them. */
export const bodies = {
  references: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      serviceAccountName: robot
      imagePullSecrets:
      - name: pull
      containers:
      - name: web
        image: registry.example.com/web:1
        env:
        - name: A
          valueFrom:
            configMapKeyRef: {name: settings, key: a}
        envFrom:
        - secretRef:
            name: pull
      volumes:
      - name: settings
        configMap:
          name: settings
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
apiVersion: v1
kind: Secret
metadata:
  name: pull
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
`,
  completeSubjects: binding('{kind: ServiceAccount, name: robot, namespace: apps}'),
  incompleteSubjects: binding('{kind: ServiceAccount, name: robot}'),
  malformedReference: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template: nothing
`,
  creationTimestamp: `apiVersion: apps/v1
kind: Deployment
metadata:
  creationTimestamp: null
  name: web
spec:
  template:
    metadata:
      creationTimestamp: null
`,
} as const;

const template = `data: # of all kinds
  # a comment
  labels: {app: x, "b": 'c'}
  file.conf: |
    line one
      more

    # no comment
    a: b
  other: |-
    x
  n: 12
  t: true
  long: aaaaaaaa bbbbbbbbbbbbb cccccccccccccccc dddddddddddddddd eeeeeeeeeeeeeee ffffffffff ggggggggggg hhhh
  q: "it's \\"x\\"\\n y"
  s: 'a ''b'' # c'
  containers:
  - name: app
    image: registry.example.com/a:1   # behind
    args: ["--x", 'y', z]
    # before an item
    ports:
      - containerPort: 80
      -   protocol: TCP
          name: http
      # behind an item
  - - a
    - b
  -
    x: 1
  list: []
  m: {}
  empty: ""
  size: 10Mi
  c: 1.2.3
  d: 10.0.0.1/8
  e: -flag
  f: café
  u: http://x.y/z?a=b&c=d#e
  w: "a: b"
  i: "010"
# the end
`.split('\n');

const signsThatMatter = [
  '\n',
  ' ',
  '  ',
  '- ',
  ': ',
  ' #c',
  '#',
  '|',
  '|-\n      z\n',
  '"',
  "'",
  '{}',
  '[]',
  ', ',
  'a',
  '1',
  '.',
  'y',
  'no',
  '0x',
  'null',
  'é',
  '\u00a0',
  '?',
  '+1',
  '1.5',
  'true',
  '2026-01-01',
  "''",
  '""',
  '\n\n',
  '-1',
  '--a',
  '[a, b]',
  '{a: 1}',
  '\n  # c\n',
  '\n# c\n',
  '    # deep\n',
  '!',
  "it's",
  '%',
  '@',
  '$(X)',
  '*',
  '&',
  '\\',
  '~',
  '=',
  '<',
  '>',
  '`',
  '\t',
];

const signs = fc.constantFrom(...signsThatMatter);
const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), signs);

/** Some lines below `data`, a few signs of them changed. */
export const generatedBody = fc
  .tuple(fc.nat(template.length - 2), fc.integer({ min: 1, max: 30 }), fc.array(change, { maxLength: 3 }))
  .map(([start, length, changes]) => {
    const lines = start === 0 ? [] : template.slice(0, 1);
    const text = `${[...lines, ...template.slice(start, start + length)].join('\n')}\n`;
    return changes.reduce((before, [place, removed, sign]) => {
      const at = Math.floor(place * before.length);
      return before.slice(0, at) + sign + before.slice(at + removed);
    }, text);
  })
  .map((text) => (text.endsWith('\n') ? text : `${text}\n`));
