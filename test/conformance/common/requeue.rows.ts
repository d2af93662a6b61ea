import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nextIntervalMs, retryIntervalMs } from '@flotilla/agent/kustomization/timing';
import { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { expect } from 'vitest';
import { waitFor } from '../../servers/wait-for.js';
import { configMap } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import type { Row } from '../rig/row.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const a = 'v1/ConfigMap/a';
const variable = { 'a.yaml': configMap('a', { value: '${value}' }) };
const fromVars = { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } };

/** Without the label that is watched for: nothing tells the agent of it. */
const vars = (value: string) => async (world: World) =>
  await applyAs(world.kube, 'person', world.filled(configMap('vars', { value })));

/** A Git server that fails, and keeps when it was asked. */
async function startFailingServer(): Promise<{ url: string; times: number[]; stop(): void }> {
  const times: number[] = [];
  const server = createServer((_request, response) => {
    times.push(performance.now());
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`;
  return { url, times, stop: () => server.close() };
}

/** When an object comes back (flux-compat 1.6). */
export const requeueRows: readonly ScenarioRow[] = [
  {
    section: '1.6',
    behaviour: 'GitRepository: after a success it comes back after its interval',
    given: { subject: 'GitRepository', source: { interval: '1s' } },
    expect: { ready: 'True' },
    steps: [
      {
        does: (world) => world.writeFiles({ 'b.yaml': configMap('b') }),
        settles: false,
        expect: { ready: 'True', status: { artifact: { revision: '<revision>' } } },
      },
    ],
  },
  {
    section: '1.6',
    behaviour: 'GitRepository: with an interval of nothing it works on changes and requests alone',
    given: { subject: 'GitRepository', source: { interval: '0s' } },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          const name = /([^/]+)\.git$/.exec(world.repository.url)![1]!;
          const before = world.rig.git.requests(name);
          await world.pause(1_000);
          expect(world.rig.git.requests(name)).toBe(before);
        },
        expect: { ready: 'True' },
      },
      {
        commit: { 'b.yaml': configMap('b') },
        expect: { ready: 'True', status: { artifact: { revision: '<revision>' } } },
      },
    ],
  },
  {
    section: '1.6',
    behaviour: 'GitRepository: errors are tried again long before the interval, with growing pauses',
    given: {
      subject: 'GitRepository',
      source: { url: '<failing>' },
      before: async (world) => {
        const server = await startFailingServer();
        world.addNames({ failing: server.url });
        void waitFor('seven attempts', () => server.times.length >= 7, { timeoutMs: 60_000 })
          .then(() => world.addNames({ gaps: JSON.stringify(gapsOf(server.times)) }))
          .finally(() => server.stop());
      },
    },
    expect: {
      ready: { status: 'False', reason: 'GitOperationFailed' },
      check: (world) => {
        const gaps = JSON.parse(world.names['gaps'] ?? '[]') as number[];
        // 200 ms doubled up to 2 s (flags of the rig); a loaded machine makes it longer, never shorter.
        const atLeast = 200 + 400 + 800 + 1_600 + 2_000 + 2_000;
        expect(gaps.slice(0, 6).reduce((sum, gap) => sum + gap, 0)).toBeGreaterThan(atLeast * 0.95);
      },
    },
  },
  {
    section: '1.6',
    behaviour: 'Kustomization: after a success it comes back after its interval',
    given: {
      files: variable,
      before: vars('one'),
      spec: { ...fromVars, interval: '1s' },
    },
    expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
    steps: [{ does: vars('two'), settles: false, expect: { objects: { [a]: { data: { value: 'two' } } } } }],
  },
  {
    section: '1.6',
    behaviour: 'Kustomization: after a failure it comes back after retryInterval, not after the interval',
    given: { files: variable, spec: { ...fromVars, interval: '1h', retryInterval: '1s' } },
    expect: { ready: 'False' },
    steps: [{ does: vars('one'), settles: false, expect: { ready: 'True', objects: { [a]: {} } } }],
  },
  {
    section: '1.6',
    behaviour: 'Kustomization: without retryInterval a failure comes back after the interval',
    given: { files: variable, spec: { ...fromVars, interval: '1s', retryInterval: undefined } },
    expect: { ready: 'False' },
    steps: [{ does: vars('one'), settles: false, expect: { ready: 'True', objects: { [a]: {} } } }],
  },
  {
    section: '1.6',
    behaviour: 'Kustomization: a source that is not there is looked for again after retryInterval',
    given: { source: null, spec: { interval: '1h', retryInterval: '1s' } },
    expect: { ready: { status: 'False', reason: 'ArtifactFailed' } },
    steps: [{ does: (world) => world.applySource(), settles: false, expect: { ready: 'True' } }],
  },
  {
    section: '1.6',
    behaviour: 'GitRepository: an include without an artifact is looked at again after --requeue-dependency',
    given: {
      subject: 'GitRepository',
      files: { 'a.yaml': 'a: 1\n' },
      source: { include: [{ repository: { name: 'library' } }] },
    },
    expect: { ready: { status: 'False', reason: 'NotFound' } },
    steps: [
      {
        does: (world) =>
          world.apply({
            ...world.source,
            name: 'library',
            metadata: {},
            spec: { interval: '1h', url: '<url>', ref: { branch: 'main' } },
          }),
        settles: false,
        expect: { ready: 'True', artifact: ['a.yaml', 'library/a.yaml'] },
      },
    ],
  },
];

function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - times[index]!);
}

/** A time to the next reconcile, by the code that decides it. */
export interface PauseRow extends Row {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly failed?: boolean;
  readonly percentage?: number;
  readonly random?: number;
  readonly pauseMs: number;
}

const interval = { interval: '10m' };

export const pauseRows: readonly PauseRow[] = [
  { behaviour: 'the interval as it is at the middle of the jitter', random: 0.5, pauseMs: 600_000 },
  { behaviour: 'the interval less 5 % at one end', random: 0, pauseMs: 570_000 },
  { behaviour: 'the interval and 5 % at the other end', random: 1, pauseMs: 630_000 },
  { behaviour: 'with --interval-jitter-percentage 0 no jitter', percentage: 0, random: 0, pauseMs: 600_000 },
  {
    behaviour: 'with --interval-jitter-percentage 50 half of it',
    percentage: 50,
    random: 0,
    pauseMs: 300_000,
  },
  { behaviour: 'after a failure the interval flat, without jitter', failed: true, pauseMs: 600_000 },
].map((row) => ({ section: '1.6', spec: interval, ...row, behaviour: `next run: ${row.behaviour}` }));

export function runPause({ spec, failed, percentage = 5, random = 0.5, pauseMs }: PauseRow): void {
  const sourceRef = { kind: 'GitRepository', name: 'fleet' };
  const parsed = KustomizationSpec.parse({ prune: true, sourceRef, ...spec });
  const found = failed ? retryIntervalMs(parsed) : nextIntervalMs(parsed, percentage, () => random);
  expect(found).toBeCloseTo(pauseMs, 0);
}
