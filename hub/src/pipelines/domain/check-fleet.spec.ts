import { describe, expect, it } from 'vitest';
import { checkFleet } from './check-fleet.js';
import type { FleetEnvironment } from './check-fleet.js';
import { pipelineSpec } from './pipeline.fixture.js';

const cluster = (name: string, labels: Record<string, string> = {}) => ({
  clusterId: `id-${name}`,
  name,
  labels,
});
const environment = (...names: string[]): FleetEnvironment => ({
  allowEmpty: false,
  selector: 'env=x',
  members: names.map((name) => cluster(name)),
});
const fleet = (change: Record<string, FleetEnvironment | undefined> = {}) =>
  new Map(
    Object.entries({
      dev: environment('d1'),
      staging: environment('s1'),
      prod: environment('p1', 'p2', 'p3', 'p4'),
      ...change,
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
const fieldsOf = (problems: ReturnType<typeof checkFleet>) =>
  Object.fromEntries(problems.map(({ field, message }) => [field, message]));
const waves = (...list: Record<string, unknown>[]) =>
  pipelineSpec({ environments: [{ name: 'prod', rollout: { waves: list } }] });

describe('checkFleet', () => {
  it('finds nothing where every environment has clusters of its own', () => {
    expect(checkFleet(pipelineSpec(), fleet())).toEqual([]);
  });

  it('names an environment that does not exist', () => {
    expect(fieldsOf(checkFleet(pipelineSpec(), fleet({ staging: undefined })))).toEqual({
      'spec.environments[1].name':
        'environment "staging" does not exist; apply the Environment before, or together with this',
    });
  });

  it('names an environment that matches no cluster, with its selector', () => {
    expect(fieldsOf(checkFleet(pipelineSpec(), fleet({ prod: environment() })))).toEqual({
      'spec.environments[2].name':
        'environment "prod" matches no cluster (env=x); label clusters, or set spec.allowEmpty of the Environment',
    });
  });

  it('lets an environment be empty that may be, whatever its waves', () => {
    const empty = { ...environment(), allowEmpty: true };
    expect(checkFleet(waves({ name: 'one', size: 1 }), fleet({ prod: empty }))).toEqual([]);
  });

  it('names the clusters that two environments share', () => {
    const found = checkFleet(pipelineSpec(), fleet({ staging: environment('s1', 'p2', 'p3') }));
    expect(fieldsOf(found)).toEqual({
      'spec.environments[2].name':
        'environments "staging" and "prod" share clusters "p2", "p3"; a cluster may be in one environment of a pipeline only: change a selector',
    });
  });

  it('counts the shared clusters that it does not name', () => {
    const names = Array.from({ length: 9 }, (_, index) => `x${index}`);
    const found = checkFleet(
      pipelineSpec(),
      fleet({ dev: environment(...names), prod: environment(...names) }),
    );
    expect(found[0]?.message).toContain('share clusters "x0", "x1", "x2", "x3", "x4" and 4 more;');
  });

  it('names a health gate that looks at an environment that does not exist', () => {
    const gates = { before: [{ type: 'health', environments: ['dev', 'devel'] }] };
    const spec = pipelineSpec({ environments: [{ name: 'dev' }, { name: 'prod', gates }] });
    expect(fieldsOf(checkFleet(spec, fleet()))).toEqual({
      'spec.environments[1].gates.before[0].environments[1]': 'environment "devel" does not exist',
    });
  });

  it.each([
    [
      'a selector that matches none',
      { name: 'canary', selector: { matchLabels: { canary: 'yes' } } },
      '.selector',
    ],
    ['clusters that earlier waves have taken', { name: 'more', size: 2 }, '.size'],
  ])('names a wave without a cluster: %s', (_, wave, part) => {
    const found = checkFleet(waves({ name: 'most', size: '100%' }, wave), fleet());
    expect(found.map(({ field }) => field)).toEqual([`spec.environments[0].rollout.waves[1]${part}`]);
    expect(found[0]?.message).toContain('of the 4 that environment "prod" has now');
  });
});
