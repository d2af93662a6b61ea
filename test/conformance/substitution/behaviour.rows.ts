import { configMap, service } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';

const a = 'v1/ConfigMap/a';
const substitute = { v: 'value' };

const failing = (
  behaviour: string,
  text: string,
  message: RegExp,
  postBuild: Fields = { substitute },
): ScenarioRow => ({
  section: '3.5',
  behaviour: `${text} ${behaviour}`,
  given: { files: { 'a.yaml': configMap('a', { text }) }, spec: { postBuild } },
  expect: { ready: { status: 'False', reason: 'BuildFailed', message }, objects: { [a]: null } },
});

const notSet = (name: string): RegExp =>
  new RegExp(
    String.raw`^post build failed for 'ConfigMap\.v1\.\[noGrp\]/a(\.<ns>)?': envsubst error: variable substitution failed: variable not set \(strict mode\): "${name}"$`,
  );

/** Errors, strictness and what surrounds the grammar (flux-compat 3.5). */
export const substitutionRows: readonly ScenarioRow[] = [
  failing('of a missing name fails', '${none}', notSet('none')),
  ...['${none^^}', '${none/a/b}', '${none#a}', '${none:1}', '${#none}'].map((text) =>
    failing('fails too: transforms need a value', text, notSet('none')),
  ),
  failing('evaluates its argument although v is set', '${v:=${none}}', notSet('none')),
  ...['${v-d}', '${v+d}', '${v?d}'].map((text) => failing('does not parse', text, /missing closing brace/)),
  failing('does not parse', '${a[0]}', /post build failed for /),
  failing('does not parse', '${!v}', /post build failed for /),
  failing('is never closed', '${v', /post build failed for .*missing closing brace/),
  failing(
    'does not matter: a variable name is checked first',
    'text',
    /'a-b' var name is invalid, must match '\^\[_\[:alpha:\]\]\[_\[:alpha:\]\[:digit:\]\]\*\$'/,
    {
      substitute: { 'a-b': '1' },
    },
  ),
  {
    section: '3.5',
    behaviour: 'without variables the text is left alone, escapes too',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${none}', y: '$${v}' }) },
      spec: { postBuild: { substitute: {} } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: '${none}', y: '$${v}' } } } },
  },
  {
    section: '3.5',
    behaviour: 'without postBuild nothing is substituted',
    given: { files: { 'a.yaml': configMap('a', { x: '${none}' }) } },
    expect: { ready: 'True', objects: { [a]: { data: { x: '${none}' } } } },
  },
  {
    section: '3.5',
    behaviour: 'substituteStrategy Always: processed without variables too',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${none:=d}', y: '$${v}' }) },
      spec: { postBuild: { substituteStrategy: 'Always' } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: 'd', y: '${v}' } } } },
  },
  {
    section: '3.5',
    behaviour: 'substituteStrategy WithVariables: as if it were absent',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${none:=d}' }) },
      spec: { postBuild: { substituteStrategy: 'WithVariables' } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: '${none:=d}' } } } },
  },
  {
    section: '3.5',
    behaviour: 'a quoted expression with a number as value becomes a number',
    given: {
      files: {
        'a.yaml':
          'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: <ns>}\nspec:\n  ports:\n  - port: "${port}"\n',
      },
      spec: { postBuild: { substitute: { port: '8080' } } },
    },
    expect: { ready: 'True', objects: { 'v1/Service/web': { spec: { ports: [{ port: 8080 }] } } } },
  },
  {
    section: '3.5',
    behaviour: 'a value that brings its quotes stays text',
    given: {
      files: { 'a.yaml': configMap('a', { port: '${quote}${port}${quote}', on: '${flag}' }) },
      spec: { postBuild: { substitute: { quote: '"', port: '8080', flag: '"true"' } } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { port: '8080', on: 'true' } } } },
  },
  {
    section: '3.5',
    behaviour: 'an empty value as a whole scalar is null: the field is not there',
    given: {
      files: { 'a.yaml': service('web', { externalName: '${empty}', clusterIP: '${empty}' }) },
      objects: [configMap('vars', { empty: '' })],
      spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } },
    },
    expect: { ready: 'True', objects: { 'v1/Service/web': { spec: { type: 'ClusterIP' } } } },
  },
  {
    section: '3.5',
    behaviour: 'names, keys and namespaces are substituted like values',
    given: {
      files: { 'a.yaml': configMap('${v}-map', { '${v}': 'x' }, { namespace: '${space}' }) },
      spec: { postBuild: { substitute: { v: 'value', space: '<ns>' } } },
    },
    expect: { ready: 'True', objects: { 'v1/ConfigMap/value-map': { data: { value: 'x' } } } },
  },
  {
    section: '3.5',
    behaviour: 'it runs after the build: what a patch of the spec brings in is substituted too',
    given: {
      files: { 'a.yaml': configMap('a') },
      spec: {
        patches: [
          {
            target: { kind: 'ConfigMap' },
            patch: '[{"op": "add", "path": "/data/patched", "value": "${v}"}]',
          },
        ],
        postBuild: { substitute },
      },
    },
    expect: { ready: 'True', objects: { [a]: { data: { patched: 'value' } } } },
  },
  {
    section: '1.2',
    behaviour: 'a labelled ConfigMap that changes starts a reconcile of those that read it',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${x}' }) },
      objects: [configMap('vars', { x: 'one' }, { labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } })],
      spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: 'one' } } } },
    steps: [
      {
        edit: { 'v1/ConfigMap/vars': { data: { x: 'two' } } },
        settles: false,
        expect: { objects: { [a]: { data: { x: 'two' } } } },
      },
    ],
  },
  {
    section: '1.2',
    behaviour: 'a labelled Secret that changes does too',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${x}' }) },
      objects: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'vars', namespace: '<ns>', labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } },
          stringData: { x: 'one' },
        },
      ],
      spec: { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'vars' }] } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: 'one' } } } },
    steps: [
      {
        edit: { 'v1/Secret/vars': { stringData: { x: 'two' } } },
        settles: false,
        expect: { objects: { [a]: { data: { x: 'two' } } } },
      },
    ],
  },
  {
    section: '1.2',
    behaviour:
      'the value of the watch label is case sensitive: another spelling starts nothing, a request reads anew',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${x}' }) },
      objects: [configMap('vars', { x: 'one' }, { labels: { 'reconcile.fluxcd.io/watch': 'enabled' } })],
      spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } },
    },
    expect: { ready: 'True' },
    steps: [
      {
        edit: { 'v1/ConfigMap/vars': { data: { x: 'two' } } },
        settles: false,
        expect: { objects: { [a]: { data: { x: 'one' } } } },
      },
      {
        does: (world) => world.pause(1_500),
        settles: false,
        expect: { objects: { [a]: { data: { x: 'one' } } } },
      },
      { request: true, expect: { objects: { [a]: { data: { x: 'two' } } } } },
    ],
  },
];
