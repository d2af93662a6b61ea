import type { KubeObject } from '@flotilla/common/kube/object';
import { configMap } from '../rig/manifests.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import { conditionOf } from '../rig/world.js';

const files = { 'a.yaml': configMap('a') };
const requestedAt = 'reconcile.fluxcd.io/requestedAt';

const groupOf = (kind: string): string =>
  kind === 'Kustomization' ? 'kustomize.toolkit.fluxcd.io' : 'source.toolkit.fluxcd.io';

const typesOf = (object: { status?: unknown }): string[] =>
  ((object.status as { conditions?: { type: string }[] }).conditions ?? []).map(({ type }) => type);

/** What all kinds have in common (flux-compat 1.1, 1.2, 1.4 and 1.5). */
export const lifeCycleRows: readonly ScenarioRow[] = (['Kustomization', 'GitRepository'] as const).flatMap(
  (subject): ScenarioRow[] => {
    const manager = subject === 'Kustomization' ? 'gotk-kustomize-controller' : 'source-controller';
    const component = subject === 'Kustomization' ? 'kustomize-controller' : 'source-controller';
    const given = { subject, files };
    return [
      {
        section: '1.1',
        behaviour: `${subject}: Reconciling and Stalled are absent once it is ready, never False`,
        given,
        expect: { ready: 'True', conditions: { Reconciling: null, Stalled: null } },
      },
      {
        section: '1.1',
        behaviour: `${subject}: each condition carries the generation that it is about`,
        given,
        expect: {
          ready: { observedGeneration: 1 },
          check: (_, object) => {
            const { conditions } = object.status as {
              conditions: { type: string; observedGeneration?: number }[];
            };
            const wrong = conditions.filter(({ observedGeneration }) => observedGeneration !== 1);
            if (wrong.length > 0) throw new Error(JSON.stringify(wrong));
          },
        },
      },
      {
        section: '1.1',
        behaviour: `${subject}: after a failure Reconciling comes before Ready in the list, with ProgressingWithRetry`,
        given:
          subject === 'Kustomization'
            ? { subject, files: { 'a.yaml': configMap('a', {}, { namespace: 'gone-<ns>' }) } }
            : { subject, files, source: { ref: { branch: 'gone' } } },
        expect: {
          ready: 'False',
          conditions: { Reconciling: { status: 'True', reason: 'ProgressingWithRetry' } },
          check: (_, object) => {
            const [first, second] = typesOf(object);
            if (first !== 'Reconciling' || second !== 'Ready') throw new Error(typesOf(object).join());
          },
        },
      },
      {
        section: '1.1',
        behaviour: `${subject}: a long message is cut at 32768 bytes, which end in ...`,
        given:
          subject === 'Kustomization'
            ? { subject, files, spec: { path: `./${'long/'.repeat(8_000)}` } }
            : { subject, files, source: { sparseCheckout: [`${'lang-\u00e4/'.repeat(6_000)}x`] } },
        expect: {
          ready: { status: 'False', message: /^.{9000,}\.\.\.$/s },
          check: (_, object) => {
            const { message = '' } = conditionOf(object, 'Ready') ?? {};
            const bytes = Buffer.byteLength(message);
            // A character of several bytes is not cut in two.
            if (bytes > 32_768 || bytes < 32_767) throw new Error(`${bytes} bytes`);
          },
        },
      },
      {
        section: '1.1',
        behaviour: `${subject}: in the list Stalled comes before Ready, and Ready before the others`,
        given:
          subject === 'Kustomization'
            ? {
                subject,
                files,
                spec: { healthCheckExprs: [{ apiVersion: 'x/v1', kind: 'X', current: 'a b' }] },
              }
            : { subject, files, source: { provider: 'github' } },
        expect: {
          conditions: { Stalled: { status: 'True' } },
          check: (_, object) => {
            const types = typesOf(object);
            if (!types.join().startsWith('Stalled,Ready')) throw new Error(types.join());
          },
        },
      },
      {
        section: '1.2',
        behaviour: `${subject}: the duration of a suspended reconcile is in the metrics`,
        given: {
          subject,
          files,
          ...(subject === 'Kustomization' ? { spec: { suspend: true } } : { source: { suspend: true } }),
        },
        expect: {
          check: async (world) => {
            const text = await (await fetch(world.rig.metricsUrl)).text();
            const { kind, name } = world.subject;
            const line = text
              .split('\n')
              .find(
                (one) =>
                  one.startsWith('gotk_reconcile_duration_seconds_count{') &&
                  [`kind="${kind}"`, `name="${name}"`, `namespace="${world.namespace}"`].every((label) =>
                    one.includes(label),
                  ),
              );
            if (!line || line.endsWith(' 0')) throw new Error(line ?? 'no such metric');
          },
        },
      },
      {
        section: '1.2',
        behaviour: `${subject}: a request by annotation is acknowledged with its value, whatever text that is`,
        given,
        expect: { ready: 'True' },
        steps: [
          {
            does: (world) =>
              world.edit(
                world.subject,
                { metadata: { annotations: { [requestedAt]: 'any text: 1/2' } } },
                'person',
              ),
            expect: { status: { lastHandledReconcileAt: 'any text: 1/2' } },
          },
        ],
      },
      {
        section: '1.2',
        behaviour: `${subject}: a request is acknowledged although the reconcile fails`,
        given:
          subject === 'Kustomization'
            ? { subject, files, spec: { path: './gone' } }
            : { subject, files, source: { ref: { branch: 'gone' } } },
        expect: { ready: 'False' },
        steps: [
          {
            does: (world) =>
              world.edit(world.subject, { metadata: { annotations: { [requestedAt]: 'now' } } }, 'person'),
            settles: false,
            expect: { ready: 'False', status: { lastHandledReconcileAt: 'now' } },
          },
        ],
      },
      {
        section: '1.2',
        behaviour: `${subject}: a request is acknowledged although the object is suspended`,
        given: {
          subject,
          files,
          ...(subject === 'Kustomization' ? { spec: { suspend: true } } : { source: { suspend: true } }),
        },
        steps: [
          {
            does: (world) =>
              world.edit(world.subject, { metadata: { annotations: { [requestedAt]: 'now' } } }, 'person'),
            settles: false,
            expect: { status: { lastHandledReconcileAt: 'now' } },
          },
        ],
      },
      {
        section: '1.2',
        behaviour: `${subject}: the finalizer is finalizers.fluxcd.io`,
        given,
        expect: {
          ready: 'True',
          check: (_, object) => {
            const finalizers = object.metadata.finalizers?.join();
            if (finalizers !== 'finalizers.fluxcd.io') throw new Error(finalizers);
          },
        },
      },
      {
        section: '1.2',
        behaviour: `${subject}: another annotation starts no reconcile`,
        given,
        expect: { ready: 'True' },
        steps: [
          {
            does: async (world) => {
              await world.edit(world.subject, { metadata: { annotations: { other: '1' } } }, 'person');
              const before = (await world.read(world.subject))?.metadata.resourceVersion;
              await world.pause(1_500);
              const after = (await world.read(world.subject))?.metadata.resourceVersion;
              if (before !== after) throw new Error('the status was written');
            },
            expect: { ready: 'True' },
          },
        ],
      },
      {
        section: '1.2',
        behaviour: `${subject}: annotations event.toolkit.fluxcd.io/* are in the metadata of its events`,
        given: { ...given, annotations: { 'event.toolkit.fluxcd.io/team': 'blue' } },
        expect: {
          ready: 'True',
          events: [{ severity: 'info', metadata: { 'event.toolkit.fluxcd.io/team': 'blue' } }],
        },
      },
      {
        section: '1.4',
        behaviour: `${subject}: its status is written by the field manager ${manager}`,
        given,
        expect: {
          ready: 'True',
          check: (_, object) => {
            const entries = object.metadata.managedFields ?? [];
            // A status that only has its default counts for whoever made the object.
            const writers = entries.filter(({ fieldsV1 }) =>
              JSON.stringify(fieldsV1).includes('f:conditions'),
            );
            if (writers.map((entry) => entry.manager).join() !== manager)
              throw new Error(JSON.stringify(entries));
          },
        },
      },
      {
        section: '1.5',
        behaviour: `${subject}: events are core events of the component ${component}, Normal for info`,
        given,
        expect: {
          ready: 'True',
          check: async (world) => {
            const path = `/api/v1/namespaces/${world.namespace}/events?fieldSelector=involvedObject.kind=${subject}`;
            const { items } = await world.kube.call<{
              items: { type: string; source: object; involvedObject: object }[];
            }>({ path });
            const found = items.some(
              ({ type, source }) =>
                type === 'Normal' && (source as { component: string }).component === component,
            );
            if (!found) throw new Error(JSON.stringify(items));
          },
        },
      },
      {
        section: '1.5',
        behaviour: `${subject}: the metadata of an event have the group of its kind, and are annotations in the cluster`,
        given,
        expect: {
          ready: 'True',
          events: [{ metadata: { [`${groupOf(subject)}/revision`]: '<revision>' } }],
          check: async (world) => {
            const path = `/api/v1/namespaces/${world.namespace}/events?fieldSelector=involvedObject.kind=${subject}`;
            const { items } = await world.kube.call<{ items: KubeObject[] }>({ path });
            const key = `${groupOf(subject)}/revision`;
            const found = items.some(
              ({ metadata }) => metadata.annotations?.[key] === `main@sha1:${world.commit}`,
            );
            if (!found) throw new Error(JSON.stringify(items.map(({ metadata }) => metadata.annotations)));
          },
        },
      },
      {
        section: '1.5',
        behaviour: `${subject}: a failure is a Warning in the cluster, and has the severity error outside`,
        given:
          subject === 'Kustomization'
            ? { subject, files: { 'a.yaml': '- x' } }
            : { subject, files, source: { ref: { branch: 'gone' } } },
        expect: {
          ready: 'False',
          events: [{ severity: 'error', reportingController: component }],
          check: async (world) => {
            const path = `/api/v1/namespaces/${world.namespace}/events?fieldSelector=involvedObject.kind=${subject},type=Warning`;
            const { items } = await world.kube.call<{ items: unknown[] }>({ path });
            if (items.length === 0) throw new Error('no Warning');
          },
        },
      },
      {
        section: '1.1',
        behaviour: `${subject}: a no-op reconcile keeps lastTransitionTime of ${subject === 'GitRepository' ? 'Ready' : 'what did not change'}`,
        given,
        expect: { ready: 'True' },
        steps: [
          {
            does: async (world) => {
              const type = subject === 'GitRepository' ? 'ArtifactInStorage' : 'Ready';
              const before = conditionOf(await world.read(world.subject), type);
              await world.pause(1_100);
              if (subject === 'GitRepository') await world.request();
              const after = conditionOf(await world.read(world.subject), type);
              if (before?.lastTransitionTime !== after?.lastTransitionTime)
                throw new Error(JSON.stringify(after));
            },
            expect: { ready: 'True' },
          },
        ],
      },
    ];
  },
);
