// The log lines of a real agent, read as `flux logs` reads them (flux-compat 7).
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, conditionOf, gitRepository, kustomization, manifest } from '../e2e/flux-objects.js';
import { ManagedCluster } from '../e2e/managed-cluster.js';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';

let plane: ControlPlane;
let git: GitServer;
let cluster: ManagedCluster;
let lines: ReadonlyArray<Record<string, unknown>>;

beforeAll(async () => {
  [plane, git] = await Promise.all([startControlPlane(), startGitServer()]);
  cluster = await ManagedCluster.prepare(plane);
  const repository = await git.createRepository('app');
  const commit = await repository.commit({
    'good/app.yaml': manifest(configMap('default', 'app', { v: '1' })),
    'bad/app.yaml': 'kind: Nothing\n',
  });
  await cluster.startAgent({ args: ['--log-level=debug'] });
  await cluster.apply(
    gitRepository('app', repository.url),
    gitRepository('broken', `${git.url.replace('//', '//user:hush@')}/missing.git`),
    kustomization('app', { path: './good' }),
    kustomization('bad', { path: './bad', sourceRef: { kind: 'GitRepository', name: 'app' } }),
  );
  await cluster.reaches('app', commit);
  for (const failing of [gitRepository('broken', ''), kustomization('bad')])
    await cluster.until(failing, (seen) => conditionOf(seen, 'Ready')?.status === 'False');
  await cluster.agent.stop('SIGTERM', 30_000);
  lines = readFileSync(cluster.log, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
});

afterAll(async () => {
  await cluster?.stop();
  await Promise.all([git?.stop(), plane?.stop()]);
});

const ofReconciles = () => lines.filter((line) => line['reconcileID'] !== undefined);

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What `flux logs` prints of a line: it skips those that it cannot read. */
function asFluxPrints(line: Record<string, unknown>): string | undefined {
  const { ts, level, msg, controllerKind, name, namespace, error } = line;
  if (typeof ts !== 'string' || typeof level !== 'string' || typeof msg !== 'string') return undefined;
  const about =
    controllerKind === undefined ? '' : ` ${text(controllerKind)}/${text(name)}.${text(namespace)}`;
  return `${ts} ${level}${about} - ${msg}${error === undefined ? '' : ` ${text(error)}`}`;
}

describe('the log of an agent', () => {
  it('7: is JSON with level, ts and msg in every line', () => {
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(asFluxPrints(line)).toBeDefined();
  });

  it('7: has only the levels that --log-level knows', () => {
    const levels = new Set(lines.map(({ level }) => level));
    expect(['trace', 'debug', 'info', 'error']).toEqual(expect.arrayContaining([...levels]));
  });

  it('7: has times in RFC 3339 that only grow', () => {
    const times = lines.map(({ ts }) => String(ts));
    for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(times.map((time) => Date.parse(time))).toEqual(
      times.map((time) => Date.parse(time)).toSorted((a, b) => a - b),
    );
  });

  it.each([
    ['Kustomization', 'kustomization', 'kustomize.toolkit.fluxcd.io', 'bad'],
    ['GitRepository', 'gitrepository', 'source.toolkit.fluxcd.io', 'broken'],
  ])('7: a line about a %s says which, and which controller wrote it', (kind, controller, group, name) => {
    const about = ofReconciles().filter((line) => line['controllerKind'] === kind && line['name'] === name);
    expect(about.length).toBeGreaterThan(0);
    for (const line of about) {
      expect(line).toMatchObject({
        controller,
        controllerGroup: group,
        controllerKind: kind,
        [kind]: { name, namespace: 'flux-system' },
        name,
        namespace: 'flux-system',
      });
      expect(line['reconcileID']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    }
  });

  it('7: a failure carries its error as text', () => {
    const failures = ofReconciles().filter((line) => line['error'] !== undefined);
    expect(failures.map(({ name }) => name)).toEqual(expect.arrayContaining(['bad', 'broken']));
    for (const { error } of failures) expect(error).toEqual(expect.any(String));
  });

  it('a source that fails is an error of the work queue', () => {
    const errors = lines.filter(({ level, name }) => level === 'error' && name === 'broken');
    expect(errors[0]).toMatchObject({ msg: 'Reconciler error' });
  });

  it('no line holds a password', () => {
    expect(JSON.stringify(lines)).not.toContain('hush');
  });

  it('a message is constant: what differs is in fields', () => {
    for (const { msg, name } of ofReconciles())
      expect(String(msg)).not.toMatch(new RegExp(`\\b${String(name)}\\b`));
  });
});
