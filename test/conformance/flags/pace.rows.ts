import { configMap, deployment } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';
import { conditionOf, type World } from '../rig/world.js';

const waiting = /^Dependencies do not meet ready condition/;

const waits = ({ rig, subject: { kind, namespace, name } }: World): number =>
  rig.events.of(kind, namespace!, name).filter(({ message }) => waiting.test(message)).length;

/** For an agent that reconciles one Kustomization and one source at a time (flux-compat 3.2 and 8.1). */
export const oneWorkerRows: readonly ScenarioRow[] = [
  {
    section: '3.2',
    behaviour:
      'triggers of a new revision come in the order of dependsOn: nobody has to wait for a later one',
    given: {
      files: { 'a/a.yaml': configMap('a'), 'y/y.yaml': configMap('y'), 'z/z.yaml': configMap('z') },
      // By their names the other way round.
      others: {
        zeta: { path: './z' },
        yota: { path: './y', dependsOn: [{ name: 'zeta' }] },
      },
      spec: { path: './a', dependsOn: [{ name: 'yota' }] },
    },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => world.addNames({ waits: String(waits(world)) }),
        commit: {
          'a/a.yaml': configMap('a', { value: 'two' }),
          'y/y.yaml': configMap('y', { value: 'two' }),
          'z/z.yaml': configMap('z', { value: 'two' }),
        },
        expect: {
          ready: 'True',
          status: { lastAppliedRevision: '<revision>' },
          check: (world) => {
            if (waits(world) !== Number(world.names['waits'])) throw new Error('it had to wait');
          },
        },
      },
    ],
  },
  {
    section: '8.1',
    behaviour: '--concurrent=1: the second Kustomization begins when the first one is through',
    given: {
      files: {
        'slow/web.yaml': deployment('web', { image: 'registry.example.com/app:slow-4' }),
        'a/a.yaml': configMap('a'),
      },
      others: { slow: { path: './slow', wait: true } },
      spec: { path: './a' },
    },
    expect: {
      ready: 'True',
      check: async (world, subject) => {
        const slow = await world.read({ ...world.subject, name: 'slow' });
        const [first, second] = [slow, subject].map((object) => conditionOf(object, 'Ready'));
        if (first?.status !== 'True' || second!.lastTransitionTime! < first.lastTransitionTime!)
          throw new Error(JSON.stringify([first, second]));
      },
    },
  },
];

const requestedAt = new WeakMap<World, number>();

/** For an agent with --kube-api-qps=2 and --kube-api-burst=2 (flux-compat 8.1). */
export const slowRows: readonly ScenarioRow[] = [
  {
    section: '8.1',
    behaviour: '--kube-api-qps and --kube-api-burst: the requests of an apply are spread over time',
    given: {
      files: { 'a.yaml': ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => configMap(name)) },
      before: async (world) => void requestedAt.set(world, performance.now()),
    },
    expect: {
      ready: 'True',
      check: (world) => {
        // Six objects take a dry-run and an apply each; two of these requests may come at once.
        const ms = performance.now() - requestedAt.get(world)!;
        if (ms < 5_000) throw new Error(`it took ${ms} ms`);
      },
    },
  },
];

/** GETs that the agent has sent to the API server. */
async function reads(world: World): Promise<number> {
  const text = await (await fetch(world.rig.metricsUrl)).text();
  const lines = text.split('\n').filter((line) => /^rest_client_requests_total\{.*method="GET"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Reads of the API server in four seconds, in which a Kustomization with this interval comes round four times. */
export const directRow = (behaviour: string, isDirect: boolean): ScenarioRow => ({
  section: '8.1',
  behaviour,
  given: { files: { 'a.yaml': configMap('a') }, spec: { interval: '1s' } as Fields },
  expect: { ready: 'True' },
  steps: [
    {
      does: async (world) => {
        await world.pause(2_000);
        const before = await reads(world);
        await world.pause(4_000);
        const more = (await reads(world)) - before;
        if (isDirect ? more < 2 : more > 0) throw new Error(`${more} reads`);
      },
      expect: { ready: 'True' },
    },
  ],
});
