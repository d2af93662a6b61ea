import { describe, expect, it } from 'vitest';
import { checkPipeline } from './check-pipeline.js';
import { pipelineSpec } from './pipeline.fixture.js';

const inDev = (fields: Record<string, unknown>) => ({ environments: [{ name: 'dev', ...fields }] });
const inStaging = (fields: Record<string, unknown>) => ({
  environments: [{ name: 'dev' }, { name: 'staging', ...fields }],
});

interface Row {
  readonly says: string;
  readonly change: Record<string, unknown>;
  readonly finds: Record<string, string>;
}
const looks = (...environments: string[]) => ({ type: 'health', environments });
const cycleOf = (path: string, out: string) =>
  `is a cycle: ${path}; no release could ever pass this gate; take "${out}" out`;
const healthRows: Row[] = [
  {
    says: 'a health gate before that looks at its own environment',
    change: inStaging({ gates: { before: [looks('dev', 'staging')] } }),
    finds: {
      'spec.environments[1].gates.before[0].environments[1]': cycleOf(
        '"staging" waits for "staging"',
        'staging',
      ),
    },
  },
  {
    says: 'a health gate before that looks at an environment that comes later',
    change: {
      environments: [
        { name: 'dev', gates: { before: [looks('prod')] } },
        { name: 'staging' },
        { name: 'prod' },
      ],
    },
    finds: {
      'spec.environments[0].gates.before[0].environments[0]': cycleOf(
        '"dev" waits for "prod" waits for "staging" waits for "dev"',
        'prod',
      ),
    },
  },
  {
    says: 'a health gate after that looks at the next environment',
    change: {
      environments: [{ name: 'dev', gates: { after: [looks('dev', 'staging')] } }, { name: 'staging' }],
    },
    finds: {
      'spec.environments[0].gates.after[0].environments[1]': cycleOf(
        '"dev" waits for "staging" waits for "dev"',
        'staging',
      ),
    },
  },
  {
    says: 'two environments side by side that look at each other before they begin',
    change: {
      environments: [
        { name: 'dev' },
        { name: 'eu', after: ['dev'], gates: { before: [looks('us')] } },
        { name: 'us', after: ['dev'], gates: { before: [looks('eu')] } },
      ],
    },
    finds: {
      'spec.environments[1].gates.before[0].environments[0]': cycleOf(
        '"eu" waits for "us" waits for "eu"',
        'us',
      ),
      'spec.environments[2].gates.before[0].environments[0]': cycleOf(
        '"us" waits for "eu" waits for "us"',
        'eu',
      ),
    },
  },
  {
    says: 'nothing about two side by side that look at each other when both have begun',
    change: {
      environments: [
        { name: 'dev' },
        { name: 'eu', after: ['dev'], gates: { after: [looks('us')] } },
        { name: 'us', after: ['dev'], gates: { after: [looks('eu')] } },
      ],
    },
    finds: {},
  },
  {
    says: 'nothing about one of two side by side that looks at the other one',
    change: {
      environments: [
        { name: 'dev' },
        { name: 'eu', after: ['dev'], gates: { before: [looks('us')] } },
        { name: 'us', after: ['dev'], gates: { after: [looks('eu')] } },
      ],
    },
    finds: {},
  },
  {
    says: 'nothing about a look at clusters that follow their ref',
    change: {
      environments: [
        { name: 'dev', gates: { before: [looks('lab')] } },
        { name: 'lab', delivery: 'follow' },
      ],
    },
    finds: {},
  },
];

const rows: Row[] = [
  { says: 'nothing about a plain pipeline', change: {}, finds: {} },
  {
    says: 'nothing about two that follow the same one',
    change: {
      environments: [{ name: 'dev' }, { name: 'eu', after: ['dev'] }, { name: 'us', after: ['dev'] }],
    },
    finds: {},
  },
  {
    says: 'a cycle of two, by name',
    change: {
      environments: [{ name: 'dev' }, { name: 'eu', after: ['us'] }, { name: 'us', after: ['eu'] }],
    },
    finds: {
      'spec.environments[1].after':
        'is a cycle: "eu" after "us" after "eu"; no release could ever begin; take one of them out',
    },
  },
  {
    says: 'a cycle that goes over the default of after',
    change: { environments: [{ name: 'a', after: ['c'] }, { name: 'b' }, { name: 'c' }] },
    finds: {
      'spec.environments[0].after':
        'is a cycle: "a" after "c" after "b" after "a"; no release could ever begin; take one of them out',
    },
  },
  {
    says: 'an environment after itself',
    change: { environments: [{ name: 'dev', after: ['dev'] }] },
    finds: {
      'spec.environments[0].after[0]':
        'environment "dev" cannot come after itself; leave it out of its own after',
    },
  },
  {
    says: 'an environment that is not there',
    change: { environments: [{ name: 'dev' }, { name: 'prod', after: ['dev', 'stagign'] }] },
    finds: {
      'spec.environments[1].after[1]': 'environment "stagign" is not in this pipeline; it has dev, prod',
    },
  },
  {
    says: 'an environment that is named twice',
    change: { environments: [{ name: 'dev' }, { name: 'prod' }, { name: 'dev', after: [] }] },
    finds: {
      'spec.environments[2].name':
        'environment "dev" is named twice; an environment has one place in a pipeline',
    },
  },
  {
    says: 'a source that is named twice, with the defaults',
    change: {
      sources: [{ name: 'apps' }, { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' }],
    },
    finds: { 'spec.sources[1]': 'GitRepository/flux-system/apps is named twice; leave one out' },
  },
  {
    says: 'a watch of a source that is not there',
    change: { releases: { watch: [{ source: 1, url: 'https://git.test/a' }] } },
    finds: { 'spec.releases.watch[0].source': 'there is no source 1; spec.sources has 0 to 0' },
  },
  {
    says: 'a watch of something else than Git',
    change: {
      sources: [{ kind: 'Bucket', name: 'b' }],
      releases: { watch: [{ url: 'https://git.test/a' }] },
    },
    finds: {
      'spec.releases.watch[0].source': 'source 0 is a Bucket; only a GitRepository can be watched',
    },
  },
  {
    says: 'two watches of one source',
    change: { releases: { watch: [{ url: 'https://git.test/a' }, { url: 'https://git.test/b' }] } },
    finds: { 'spec.releases.watch[1].source': 'source 0 is watched twice' },
  },
  {
    says: 'groups that ask for more than is required',
    change: inStaging({
      gates: {
        before: [
          { type: 'approval', required: 2, groups: [{ name: 'sre', required: 2 }, { name: 'security' }] },
        ],
      },
    }),
    finds: {
      'spec.environments[1].gates.before[0].required':
        'the groups ask for 3 approvals together, more than the 2 that are required; set it to at least 3',
    },
  },
  {
    says: 'nothing about groups that fit',
    change: inStaging({
      gates: { before: [{ type: 'approval', required: 2, groups: [{ name: 'sre' }] }] },
    }),
    finds: {},
  },
  {
    says: 'a group that is named twice',
    change: inStaging({
      gates: { after: [{ type: 'approval', required: 2, groups: [{ name: 'sre' }, { name: 'sre' }] }] },
    }),
    finds: { 'spec.environments[1].gates.after[0].groups[1].name': 'group "sre" is named twice' },
  },
  {
    says: 'a soak before the first environment',
    change: inDev({ gates: { before: [{ type: 'soak', duration: '1h' }] } }),
    finds: {
      'spec.environments[0].gates.before[0]':
        'there is no environment before this one that a soak gate could look at; remove it, or set after',
    },
  },
  {
    says: 'nothing about a health gate that names what it looks at',
    change: inDev({ gates: { before: [{ type: 'health', environments: ['other'] }] } }),
    finds: {},
  },
  ...healthRows,
  {
    says: 'a wave after one that takes all',
    change: inDev({ rollout: { waves: [{ name: 'one', size: 1 }, { name: 'all' }, { name: 'late' }] } }),
    finds: {
      'spec.environments[0].rollout.waves[2]':
        'wave "all" takes all clusters that are left, so this one can never have any; give that one a size or a selector, or put this one before it',
    },
  },
  {
    says: 'clusters that count as offline at once',
    change: inDev({ rollout: { membership: { offlineAfter: '0s' } } }),
    finds: {
      'spec.environments[0].rollout.membership.offlineAfter':
        'every cluster would count as offline between two words of its agent; set it to at least 5s',
    },
  },
  {
    says: 'a wave that is named twice',
    change: inDev({ rollout: { waves: [{ name: 'one', size: 1 }, { name: 'one' }] } }),
    finds: {
      'spec.environments[0].rollout.waves[1].name': 'wave "one" is named twice; give each its own name',
    },
  },
];

describe('checkPipeline finds', () => {
  it.each(rows)('$says', ({ change, finds }) => {
    const problems = checkPipeline(pipelineSpec(change));
    expect(Object.fromEntries(problems.map(({ field, message }) => [field, message]))).toEqual(finds);
  });
});
