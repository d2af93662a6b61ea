import { configMap, deployment } from '../rig/manifests.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const a = 'v1/ConfigMap/a';
const slow = { 'a.yaml': deployment('web', { image: 'app:slow-6' }) };
const other = (world: World, name: string) => ({ ...world.subject, name });

/** Steps, conditions, messages, events and status of one reconcile (flux-compat 3.2). */
export const pipelineRows: readonly ScenarioRow[] = [
  {
    section: '3.2',
    behaviour: 'a success says which revision was applied, in every place',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: {
      ready: { status: 'True', reason: 'ReconciliationSucceeded', message: 'Applied revision: <revision>' },
      conditions: { Reconciling: null, Stalled: null, Healthy: null },
      status: {
        lastAppliedRevision: '<revision>',
        lastAttemptedRevision: '<revision>',
        observedGeneration: 1,
        inventory: { entries: [{ id: '<ns>_a__ConfigMap', v: 'v1' }] },
      },
      events: [
        {
          severity: 'info',
          reason: 'ReconciliationSucceeded',
          message: /^Reconciliation finished in [0-9.]+m?s, next run in 1h0m0s$/,
          metadata: {
            'kustomize.toolkit.fluxcd.io/revision': '<revision>',
            'kustomize.toolkit.fluxcd.io/commit_status': 'update',
          },
        },
      ],
    },
  },
  {
    section: '3.2',
    behaviour: 'the history has an entry for what was built, with its digest and outcome',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: {
      ready: 'True',
      status: {
        history: [
          {
            digest: /^sha256:[0-9a-f]{64}$/,
            firstReconciled: /^\d{4}-/,
            lastReconciled: /^\d{4}-/,
            lastReconciledDuration: /s$/,
            lastReconciledStatus: 'ReconciliationSucceeded',
            metadata: { revision: '<revision>' },
            totalReconciliations: 1,
          },
        ],
      },
    },
    steps: [
      {
        commit: { 'a.yaml': configMap('a', { value: 'two' }) },
        expect: {
          ready: 'True',
          check: (_, subject) => {
            const { history } = subject.status as { history: unknown[] };
            if (history.length !== 2) throw new Error(`history has ${history.length} entries`);
          },
        },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'the history keeps five entries, the newest first',
    given: { files: { 'a.yaml': configMap('a', { n: '0' }) } },
    expect: { ready: 'True' },
    steps: [
      ...[1, 2, 3, 4].map((n) => ({
        commit: { 'a.yaml': configMap('a', { n: `${n}` }) },
        expect: { ready: 'True' as const },
      })),
      {
        commit: { 'a.yaml': configMap('a', { n: '5' }) },
        expect: {
          ready: 'True',
          status: { history: [{ metadata: { revision: '<revision>' } }, {}, {}, {}, {}] },
        },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'a source that does not exist is an ArtifactFailed with the words of the API server',
    given: { source: null },
    expect: {
      ready: {
        status: 'False',
        reason: 'ArtifactFailed',
        message: 'gitrepositories.source.toolkit.fluxcd.io "fleet" not found',
      },
    },
  },
  {
    section: '3.2',
    behaviour: 'a source of a kind that the cluster does not serve is an ArtifactFailed that names it',
    given: {
      files: { 'a.yaml': configMap('a') },
      spec: { sourceRef: { kind: 'Bucket', name: 'gone' } },
    },
    expect: {
      ready: { status: 'False', reason: 'ArtifactFailed', message: /no matches for kind "Bucket"/ },
      status: { observedGeneration: -1 },
      conditions: { Reconciling: null, Stalled: null },
    },
  },
  {
    section: '3.2',
    behaviour: 'a source without an artifact is waited for, without an event',
    given: { files: null },
    expect: {
      ready: {
        status: 'False',
        reason: 'ArtifactFailed',
        message: 'Source artifact not found, retrying in 1s',
      },
      noEvents: [{ reason: 'ArtifactFailed' }],
    },
    steps: [{ commit: { 'a.yaml': configMap('a') }, expect: { ready: 'True' } }],
  },
  {
    section: '3.2',
    behaviour: 'a path that does not exist is an ArtifactFailed',
    given: { spec: { path: './gone' } },
    expect: {
      ready: {
        status: 'False',
        reason: 'ArtifactFailed',
        message: /^kustomization path not found: stat .*gone/,
      },
    },
  },
  {
    section: '3.2',
    behaviour: 'a failure leaves observedGeneration, says ProgressingWithRetry, and tells an error event',
    given: { files: { 'a.yaml': configMap('a', {}, { namespace: 'gone-<ns>' }) } },
    expect: {
      ready: { status: 'False', reason: 'ReconciliationFailed' },
      conditions: { Reconciling: { status: 'True', reason: 'ProgressingWithRetry' } },
      status: { observedGeneration: -1, lastAttemptedRevision: '<revision>' },
      events: [{ severity: 'error', reason: 'ReconciliationFailed', message: /gone-<ns>/ }],
    },
  },
  {
    section: '3.2',
    behaviour: 'a failed apply keeps the inventory and the revision of the last success',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'b.yaml': configMap('b', {}, { namespace: 'gone-<ns>' }) },
        expect: {
          ready: 'False',
          inventory: ['<ns>_a__ConfigMap'],
          status: {
            lastAttemptedRevision: '<revision>',
            history: [{ lastReconciledStatus: 'ReconciliationFailed' }, {}],
          },
          check: (world, subject) => {
            const { lastAppliedRevision } = subject.status as { lastAppliedRevision: string };
            if (lastAppliedRevision.includes(world.commit))
              throw new Error('the failed revision counts as applied');
          },
        },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'while it works, Ready is Unknown and Reconciling says which health checks run',
    given: { files: slow, spec: { wait: true, timeout: '2m' } },
    steps: [
      {
        settles: false,
        expect: {
          ready: { status: 'Unknown', reason: 'Progressing' },
          conditions: {
            Reconciling: {
              status: 'True',
              reason: 'Progressing',
              message: 'Running health checks for revision <revision> with a timeout of 2m0s',
            },
            Healthy: {
              status: 'Unknown',
              message: 'Running health checks for revision <revision> with a timeout of 2m0s',
            },
          },
        },
      },
      { expect: { ready: 'True' } },
    ],
  },
  {
    section: '3.2',
    behaviour: 'dependsOn: one that does not exist is named, and looked for again after --requeue-dependency',
    given: { spec: { dependsOn: [{ name: 'base' }] } },
    expect: {
      ready: {
        status: 'False',
        reason: 'DependencyNotReady',
        message: /^dependency '<ns>\/base' not found: /,
      },
      events: [
        {
          severity: 'info',
          reason: 'DependencyNotReady',
          message: 'Dependencies do not meet ready condition, retrying in 1s',
        },
      ],
    },
    steps: [
      {
        does: (world) => world.applyKustomization('base', { path: './' }),
        expect: { ready: 'True' },
        settles: false,
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'dependsOn: one that is not ready is waited for',
    given: {
      files: { 'bad/a.yaml': '- x', 'good/b.yaml': configMap('b') },
      others: { base: { path: './bad' } },
      spec: { path: './good', dependsOn: [{ name: 'base' }] },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'DependencyNotReady',
        message: "dependency '<ns>/base' is not ready",
      },
      objects: { 'v1/ConfigMap/b': null },
    },
    steps: [
      {
        commit: { 'bad/a.yaml': configMap('a') },
        settles: false,
        expect: { ready: 'True', objects: { [a]: {} } },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'dependsOn: one of the same source has to be at the same revision',
    given: {
      files: { 'base/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') },
      others: { base: { path: './base' } },
      spec: { path: './app', dependsOn: [{ name: 'base' }] },
    },
    expect: { ready: 'True' },
    steps: [
      { does: (world) => world.edit(other(world, 'base'), { spec: { suspend: true } }) },
      {
        commit: { 'app/b.yaml': configMap('b', { value: 'two' }) },
        settles: false,
        expect: {
          ready: {
            status: 'False',
            reason: 'DependencyNotReady',
            message: /^dependency '<ns>\/base' (revision is not up to date|is not ready)$/,
          },
          objects: { 'v1/ConfigMap/b': { data: { value: 'one' } } },
        },
      },
      {
        does: (world) => world.edit(other(world, 'base'), { spec: { suspend: false } }),
        settles: false,
        expect: { ready: 'True', objects: { 'v1/ConfigMap/b': { data: { value: 'two' } } } },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'dependsOn[].namespace: a Kustomization of another namespace',
    given: { spec: { dependsOn: [{ name: 'base', namespace: 'gone-<ns>' }] } },
    expect: { ready: { status: 'False', message: /^dependency 'gone-<ns>\/base' not found: / } },
  },
  {
    section: '3.2',
    behaviour: 'a new revision of the source starts a reconcile by itself',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': configMap('a', { value: 'two' }) },
        expect: {
          ready: { status: 'True', message: 'Applied revision: <revision>' },
          objects: { [a]: { data: { value: 'two' } } },
        },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'a change of the spec starts a reconcile by itself',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [
      {
        spec: { commonMetadata: { labels: { new: '1' } } },
        expect: {
          ready: 'True',
          status: { observedGeneration: 2 },
          objects: { [a]: { metadata: { labels: { new: '1' } } } },
        },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'decryption.serviceAccountName without the gate ObjectLevelWorkloadIdentity stalls',
    given: { spec: { decryption: { provider: 'sops', serviceAccountName: 'robot' } } },
    expect: {
      ready: { status: 'False', reason: 'FeatureGateDisabled' },
      conditions: { Stalled: { status: 'True', reason: 'FeatureGateDisabled' } },
      status: { observedGeneration: 1 },
    },
  },
  {
    section: '3.2',
    behaviour: 'an ExternalArtifact as source is refused while its gate is off',
    given: { spec: { sourceRef: { kind: 'ExternalArtifact', name: 'x' } } },
    expect: {
      ready: {
        status: 'False',
        reason: 'AccessDenied',
        message: "can't access 'ExternalArtifact/<ns>/x', ExternalArtifact feature gate is disabled",
      },
      conditions: { Stalled: { status: 'True', reason: 'AccessDenied' } },
    },
  },
];
