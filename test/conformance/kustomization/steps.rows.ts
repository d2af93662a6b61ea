import { followStatus, sawConditions } from '../rig/follow-status.js';
import { configMap, crd, deployment } from '../rig/manifests.js';
import type { Expected, Fields, Files, ScenarioRow } from '../rig/scenario-row.js';

const files = { 'a.yaml': configMap('a') };

/** A failure keeps what Reconciling said last. */
const failedAt = (behaviour: string, text: string, given: { files: Files; spec?: Fields }): ScenarioRow => ({
  section: '3.2',
  behaviour,
  given,
  expect: {
    ready: 'False',
    conditions: {
      Reconciling: {
        status: 'True',
        reason: 'ProgressingWithRetry',
        message: `${text} for revision <revision> with a timeout of 59m30s`,
      },
    },
  },
});

const passed: Expected = { ready: 'True', conditions: { Healthy: { status: 'True' } } };
const healthEvent = { message: /^Health check passed in / };

/** What people see of a reconcile while it runs, and what its checks tell (flux-compat 3.2, 3.6 and 3.8). */
export const stepRows: readonly ScenarioRow[] = [
  {
    section: '3.2',
    behaviour:
      'while it works Ready is Unknown, and Reconciling says what is done, for which revision and how long',
    given: { files, before: (world) => followStatus(world) },
    expect: {
      ready: 'True',
      check: (world) =>
        sawConditions(world, {
          Ready: { status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
          Reconciling: {
            status: 'True',
            reason: 'Progressing',
            message: 'Building manifests for revision <revision> with a timeout of 59m30s',
          },
        }),
    },
  },
  failedAt('a failure to find the path keeps the text of the fetch', 'Fetching manifests', {
    files,
    spec: { path: './gone' },
  }),
  failedAt('a manifest that cannot be read keeps the text of the build', 'Building manifests', {
    files: { 'a.yaml': '- x' },
  }),
  failedAt('a build that kustomize refuses keeps the text of the build', 'Building manifests', {
    files: { 'kustomization.yaml': 'resources: [gone.yaml]\n' },
  }),
  failedAt('a variable that is missing keeps the text of the build', 'Building manifests', {
    files: { 'a.yaml': configMap('a', { x: '${none}' }) },
    spec: { postBuild: { substitute: { any: 'x' } } },
  }),
  failedAt('an apply that is refused keeps the text of the drift detection', 'Detecting drift', {
    files: { 'a.yaml': configMap('a', {}, { namespace: 'gone-<ns>' }) },
  }),
  {
    section: '3.6',
    behaviour: 'a stage waits for its definitions for a minute, and the stages after it are not applied',
    given: {
      files: {
        'a.yaml': [
          {
            ...crd('Widget'),
            spec: { ...(crd('Widget')['spec'] as object), names: taken() },
            metadata: { name: 'thingies.<ns>.example.com' },
          },
          configMap('a'),
        ],
      },
      objects: [crd('Widget')],
    },
    steps: [
      {
        does: (world) => world.pause(45_000),
        settles: false,
        expect: {
          ready: {
            status: 'False',
            reason: 'ReconciliationFailed',
            message:
              /timeout waiting for: \[CustomResourceDefinition\/thingies\.<ns>\.example\.com status: '/,
          },
          inventory: [],
          objects: { 'v1/ConfigMap/a': null },
        },
      },
    ],
  },
  {
    section: '3.8',
    behaviour: 'a new revision without drift tells no health event, one with drift does',
    given: { files: { 'a.yaml': [deployment('web')] }, spec: { wait: true } },
    expect: { ...passed, events: [healthEvent] },
    steps: [
      {
        does: async (world) => {
          world.addNames({ told: String(toldOf(world)) });
          // Another input of the build with the same output.
          await world.writeFiles({ 'kustomization.yaml': 'resources: [a.yaml]\n' });
          await world.request(world.source);
          await world.settled(world.subject, world.filled('<revision>'));
        },
        expect: {
          ...passed,
          status: { lastAppliedRevision: '<revision>' },
          check: (world) => {
            if (toldOf(world) !== Number(world.names['told'])) throw new Error('it was told');
          },
        },
      },
      {
        commit: { 'a.yaml': [deployment('web', { image: 'registry.example.com/app:2.0' })] },
        expect: {
          ...passed,
          check: (world) => {
            if (toldOf(world) <= Number(world.names['told'])) throw new Error('it was not told');
          },
        },
      },
    ],
  },
];

/** Names that the other definition has: they are not accepted, and the definition is never established. */
function taken(): Fields {
  return { kind: 'Widget', listKind: 'WidgetList', plural: 'thingies', singular: 'widget' };
}

function toldOf({ rig, subject: { kind, namespace, name } }: Parameters<typeof followStatus>[0]): number {
  return rig.events.of(kind, namespace!, name).filter(({ message }) => healthEvent.message.test(message))
    .length;
}
