import { configMap } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';

const group = 'kustomize.toolkit.fluxcd.io';
const a = 'v1/ConfigMap/a';
const b = 'v1/ConfigMap/b';
const places = ['labels', 'annotations'] as const;
type Place = (typeof places)[number];

const marked = (place: Place, control: string, value: string, data: Fields = { value: 'one' }) =>
  configMap('a', data, { [place]: { [`${group}/${control}`]: value } });

/** Both ways to say it. */
const inBoth = (row: (place: Place) => ScenarioRow): ScenarioRow[] => places.map(row);

/** Skipped: neither created nor changed nor pruned. */
const skipped =
  (control: string, value: string) =>
  (place: Place): ScenarioRow[] => [
    {
      section: '1.3',
      behaviour: `${control}: ${value} in the ${place} of the manifest: not applied, but in the inventory`,
      given: { files: { 'a.yaml': marked(place, control, value), 'b.yaml': configMap('b') } },
      expect: {
        ready: 'True',
        objects: { [a]: null },
        inventory: ['<ns>_a__ConfigMap', '<ns>_b__ConfigMap'],
      },
    },
    {
      section: '1.3',
      behaviour: `${control}: ${value} in the ${place} of the live object: no change of Git reaches it, and it is not pruned`,
      given: { files: { 'a.yaml': configMap('a'), 'b.yaml': configMap('b') } },
      expect: { ready: 'True' },
      steps: [
        { does: (world) => world.edit(a, { metadata: { [place]: { [`${group}/${control}`]: value } } }) },
        {
          commit: { 'a.yaml': configMap('a', { value: 'two' }) },
          expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
        },
        {
          commit: { 'a.yaml': null },
          expect: { ready: 'True', kept: [a], inventory: ['<ns>_b__ConfigMap'] },
        },
      ],
    },
  ];

/** The controls of one object (flux-compat 1.3). */
export const controlRows: readonly ScenarioRow[] = [
  ...places.flatMap(skipped('reconcile', 'disabled')),
  ...places.flatMap(skipped('ssa', 'Ignore')),
  {
    section: '1.3',
    behaviour: 'ssa: IGNORE and prune: Disabled count like ignore and disabled',
    given: {
      files: {
        'a.yaml': marked('annotations', 'ssa', 'IGNORE'),
        'b.yaml': configMap('b', {}, { labels: { [`${group}/prune`]: 'Disabled' } }),
        'c.yaml': configMap('c'),
      },
    },
    expect: { ready: 'True', objects: { [a]: null, [b]: {} } },
    steps: [{ commit: { 'b.yaml': null }, expect: { ready: 'True', kept: [b] } }],
  },
  {
    section: '1.3',
    behaviour: 'ssa: ifnotpresent counts in lower case too',
    given: {
      objects: [configMap('b', { value: 'of somebody else' })],
      files: { 'b.yaml': configMap('b', {}, { labels: { [`${group}/ssa`]: 'ifnotpresent' } }) },
    },
    expect: { ready: 'True', objects: { [b]: { data: { value: 'of somebody else' } } } },
  },
  ...inBoth((place) => ({
    section: '1.3',
    behaviour: `reconcile: Disabled in the ${place}: case does not matter`,
    given: { files: { 'a.yaml': marked(place, 'reconcile', 'Disabled') } },
    expect: { ready: 'True', objects: { [a]: null } },
  })),
  ...inBoth((place) => ({
    section: '1.3',
    behaviour: `prune: disabled in the ${place}: the object outlives its manifest`,
    given: { files: { 'a.yaml': marked(place, 'prune', 'disabled'), 'b.yaml': configMap('b') } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': null },
        expect: { ready: 'True', kept: [a], inventory: ['<ns>_b__ConfigMap'] },
      },
    ],
  })),
  {
    section: '1.3',
    behaviour: 'prune: disabled counts on the live object alone',
    given: { files: { 'a.yaml': marked('annotations', 'prune', 'disabled'), 'b.yaml': configMap('b') } },
    expect: { ready: 'True' },
    steps: [
      { commit: { 'a.yaml': configMap('a') }, expect: { ready: 'True', kept: [a] } },
      { commit: { 'a.yaml': null }, expect: { ready: 'True', objects: { [a]: null, [b]: {} } } },
    ],
  },
  ...inBoth((place) => ({
    section: '1.3',
    behaviour: `ssa: IfNotPresent in the ${place}: created once, then left alone`,
    given: { files: { 'a.yaml': marked(place, 'ssa', 'IfNotPresent') } },
    expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
    steps: [
      {
        commit: { 'a.yaml': marked(place, 'ssa', 'IfNotPresent', { value: 'two' }) },
        expect: { ready: 'True', untouched: [a], inventory: ['<ns>_a__ConfigMap'] },
      },
    ],
  })),
  ...inBoth((place) => ({
    section: '1.3',
    behaviour: `ssa: IfNotPresent in the ${place}: an object of somebody else is not touched`,
    given: {
      files: { 'a.yaml': marked(place, 'ssa', 'IfNotPresent') },
      objects: [configMap('a', { value: 'theirs' })],
    },
    expect: { ready: 'True', objects: { [a]: { data: { value: 'theirs' } } } },
  })),
  ...inBoth((place) => ({
    section: '1.3',
    behaviour: `ssa: IfNotPresent in the ${place} of the live object: what exists is left alone`,
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [
      { edit: { [a]: { metadata: { [place]: { [`${group}/ssa`]: 'IfNotPresent' } } } } },
      {
        commit: { 'a.yaml': configMap('a', { value: 'two' }) },
        expect: {
          ready: 'True',
          objects: { [a]: { data: { value: 'one' } } },
          inventory: ['<ns>_a__ConfigMap'],
        },
      },
    ],
  })),
  {
    section: '1.3',
    behaviour: 'ssa: IfNotPresent that leaves Git lets the object be applied again',
    given: { files: { 'a.yaml': marked('annotations', 'ssa', 'IfNotPresent') } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': configMap('a', { value: 'two' }) },
        expect: { ready: 'True', objects: { [a]: { data: { value: 'two' } } } },
      },
    ],
  },
  {
    section: '1.3',
    behaviour: 'ssa: IfNotPresent makes the object again when it is deleted',
    given: { files: { 'a.yaml': marked('annotations', 'ssa', 'IfNotPresent') } },
    expect: { ready: 'True' },
    steps: [{ remove: [a], request: true, expect: { ready: 'True', recreated: [a] } }],
  },
  {
    section: '1.3',
    behaviour: 'ssa: IfNotPresent makes the object again also when it had been left alone before',
    given: { files: { 'a.yaml': marked('annotations', 'ssa', 'IfNotPresent') } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'b.yaml': configMap('b'), 'c.yaml': configMap('c') },
        expect: { ready: 'True', kept: [a] },
      },
      { remove: [a], expect: { recreated: [a], objects: { [a]: { data: { value: 'one' } } } } },
    ],
  },
  ...['reconcile: disabled', 'ssa: Ignore'].map((control): ScenarioRow => {
    const [key = '', value = ''] = control.split(': ');
    const annotated = (text: string | null) => ({
      metadata: { annotations: { [`${group}/${key}`]: text } },
    });
    return {
      section: '1.3',
      behaviour: `${control} that is taken off the live object lets Git reach it again`,
      given: { files: { 'a.yaml': configMap('a') } },
      expect: { ready: 'True' },
      steps: [
        { does: (world) => world.edit(a, annotated(value)) },
        {
          commit: { 'a.yaml': configMap('a', { value: 'two' }), 'b.yaml': configMap('b') },
          expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
        },
        {
          commit: { 'a.yaml': configMap('a', { value: 'three' }) },
          expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
        },
        { edit: { [a]: annotated(null) }, expect: { objects: { [a]: { data: { value: 'three' } } } } },
      ],
    };
  }),
  ...inBoth((place) => ({
    section: '1.3',
    behaviour: `force: enabled in the ${place}: this object is replaced on a change of an immutable field`,
    given: { files: { 'a.yaml': { ...marked(place, 'force', 'enabled'), immutable: true } } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': { ...marked(place, 'force', 'enabled', { value: 'two' }), immutable: true } },
        expect: { ready: 'True', recreated: [a], objects: { [a]: { data: { value: 'two' } } } },
      },
    ],
  })),
  {
    section: '3.6',
    behaviour: 'force: enabled on the live object is enough',
    given: { files: { 'a.yaml': { ...configMap('a'), immutable: true } } },
    expect: { ready: 'True' },
    steps: [
      {
        does: (world) =>
          world.edit(a, { metadata: { annotations: { [`${group}/force`]: 'enabled' } } }, 'someone'),
      },
      {
        commit: { 'a.yaml': { ...configMap('a', { value: 'two' }), immutable: true } },
        expect: { ready: 'True', recreated: [a] },
      },
    ],
  },
  ...inBoth((place) => ({
    section: '1.3',
    behaviour: `substitute: disabled in the ${place}: the text of the object stays as it is`,
    given: {
      files: {
        'a.yaml': marked(place, 'substitute', 'disabled', { value: '${x}' }),
        'b.yaml': configMap('b', { value: '${x}' }),
      },
      spec: { postBuild: { substitute: { x: 'put in' } } },
    },
    expect: {
      ready: 'True',
      objects: { [a]: { data: { value: '${x}' } }, [b]: { data: { value: 'put in' } } },
    },
  })),
  {
    section: '3.5',
    behaviour: 'substitute: Disabled is not the value that is looked for: here case matters',
    given: {
      files: { 'a.yaml': marked('annotations', 'substitute', 'Disabled', { value: '${x}' }) },
      spec: { postBuild: { substitute: { x: 'put in' } } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { value: 'put in' } } } },
  },
  {
    section: '1.3',
    behaviour: 'every applied object has the labels of its owner',
    given: { files: { 'a.yaml': configMap('a', {}, { labels: { app: 'x' } }) } },
    expect: {
      ready: 'True',
      objects: {
        [a]: {
          metadata: { labels: { app: 'x', [`${group}/name`]: 'apps', [`${group}/namespace`]: '<ns>' } },
        },
      },
    },
  },
];
