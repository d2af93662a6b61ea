import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeliveryWorld } from './delivery-world.js';
import { environmentText, shopPipeline, startDeliveryWorld } from './delivery-world.js';
import type { Cli } from './run-cli.js';
import { parseTable } from './run-cli.js';

let world: DeliveryWorld;
let admin: Cli;
let ada: Cli;

beforeAll(async () => {
  world = await startDeliveryWorld(100);
  admin = world.admin;
  ada = await world.person('ada', 'operator', '--groups', 'sre', '--emails', 'ada@example.com');
});

afterAll(() => world?.stop());

function file(name: string, text: string): string {
  const path = join(world.folder, name);
  writeFileSync(path, text);
  return path;
}

describe('tokens of people', () => {
  it('say which groups and addresses they have', async () => {
    expect(parseTable((await ada.run(['whoami'])).stdout)).toMatchObject([
      { NAME: 'ada', ROLE: 'operator', GROUPS: 'sre', EMAILS: 'ada@example.com' },
    ]);
    const rows = parseTable((await admin.run(['token', 'list'])).stdout);
    expect(rows).toContainEqual(expect.objectContaining({ NAME: 'ada', GROUPS: 'sre' }));
  });
});

describe('documents', () => {
  it('with mistakes are refused with all of them, and nothing is applied', async () => {
    const folder = join(world.folder, 'bad');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.yaml'), `${environmentText('Prod_')}---\n${environmentText('dev')}`);
    writeFileSync(join(folder, 'b.yml'), shopPipeline.replace('size: 1', 'size: 0'));
    writeFileSync(join(folder, 'c.json'), '{"apiVersion": "flotilla.dev/v2", "kind": "Freeze"');
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
    );
    const { code, stderr, stdout } = await admin.run(['apply', '-f', folder]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/✗ \S+bad\/a\.yaml, document 1 \(Environment\/Prod_\): metadata\.name: /);
    expect(stderr).toMatch(
      /✗ \S+bad\/b\.yml, document 1 \(Pipeline\/shop\): spec\.environments\[1\]\.rollout\.waves\[0\]\.size: /,
    );
    expect(stderr).toMatch(/✗ \S+bad\/c\.json: document 1, line 1: /);
    expect(stderr).not.toContain('kustomization.yaml');
    expect(stderr).toMatch(/✗ 4 problems; nothing has been applied\n {2}correct the documents/);
    expect((await admin.run(['get', 'environments', '-o', 'json'])).stdout).toContain('"total": 0');
  });

  it.each<[string, () => string[], string | undefined, number, RegExp]>([
    [
      'a cycle, found by the hub',
      () => [
        file(
          'cycle.yaml',
          `${environmentText('dev')}---\n${environmentText('prod')}---\n${shopPipeline.replace('- name: dev', '- { name: dev, after: [prod] }')}`,
        ),
      ],
      undefined,
      2,
      /✗ \S+cycle\.yaml, document 3 \(Pipeline\/shop\): spec\.environments\[\d\]\.after: .*\n✗ 1 problem; nothing has been applied/,
    ],
    [
      'an environment that matches nothing, from stdin',
      () => ['-'],
      `${environmentText('dev')}---\n${environmentText('prod').replace('env: prod', 'env: moon')}---\n${shopPipeline}`,
      2,
      /✗ stdin, document 3 \(Pipeline\/shop\): spec\.environments\[1\]\.name: .*matches no cluster/,
    ],
    ...(
      [
        [
          'a wave that finds no cluster',
          'waves: [{ name: canary, selector: { matchLabels: { tier: canary } } }]',
          'rollout.waves[0].selector: wave "canary" finds no cluster: none matches, or earlier waves have taken them all, of the 2 that environment "prod" has now; label clusters, or change the waves',
        ],
        [
          'a wave of nothing',
          'waves: [{ name: canary, size: 0 }]',
          'rollout.waves[0].size: a wave of no clusters does nothing; leave it out, or give it a size of at least 1',
        ],
        [
          'a word that is no field, in the words of the document',
          'wavs: []',
          'rollout.wavs: there is no such field; look at its spelling and at the indentation',
        ],
        [
          'an unknown time zone, with its name',
          "waves: []\n      gates: { before: [{ type: window, timeZone: Europe/Berln, periods: [{ days: [mon], from: '09:00', to: '17:00' }] }] }",
          'gates.before[0].timeZone: "Europe/Berln" is not an IANA time zone such as Europe/Berlin',
        ],
      ] as const
    ).map(([name, rollout, problem]): [string, () => string[], string, number, RegExp] => {
      const places = `    - name: prod\n      rollout:\n        ${rollout}\n`;
      const text = shopPipeline.replace(/    - name: dev\n[^]*$/, places);
      const said = `✗ stdin, document 2 (Pipeline/shop): spec.environments[0].${problem}\n`;
      const pattern = new RegExp(said.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
      return [name, () => ['-'], `${environmentText('prod')}---\n${text}`, 2, pattern];
    }),
    [
      'environments that share clusters',
      () => ['-'],
      `${environmentText('dev')}---\n${environmentText('prod').replace('matchLabels: { env: prod }', 'matchExpressions: [{ key: env, operator: Exists }]')}---\n${shopPipeline}`,
      2,
      /spec\.environments\[1\]\.name: environments "dev" and "prod" share cluster "dev-1"; .*: change a selector/,
    ],
    [
      'the same document twice',
      () => [file('one.yaml', environmentText('dev')), '-f', file('two.yaml', environmentText('dev'))],
      undefined,
      2,
      /two\.yaml, document 1 \(Environment\/dev\): metadata\.name: is in \S+one\.yaml, document 1, too/,
    ],
    [
      'a document of somebody else that is named itself',
      () => ['-'],
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n',
      2,
      /stdin, document 1 \(ConfigMap\/x\): kind: must be one of Environment, Pipeline, Freeze/,
    ],
    ['nothing at all', () => ['-'], '---\n', 2, /✗ no document of flotilla\.dev in stdin/],
    ['no file', () => [join(world.folder, 'nope')], undefined, 2, /nope cannot be read: it does not exist/],
  ])('%s is refused', async (_name, args, input, code, text) => {
    const result = await admin.run(['apply', '-f', ...args()], input);
    expect(result.stderr).toMatch(text);
    expect(result).toMatchObject({ code, stdout: '' });
  });

  it('are checked without being applied, applied, and found unchanged', async () => {
    const folder = join(world.folder, 'good', 'environments');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'dev.yaml'), environmentText('dev'));
    writeFileSync(join(folder, 'prod.yaml'), environmentText('prod'));
    writeFileSync(join(world.folder, 'good', 'shop.yaml'), shopPipeline);
    const args = ['apply', '-f', join(world.folder, 'good')];
    const dry = await admin.run([...args, '--dry-run']);
    expect(dry.stdout).toBe(
      'environment/dev created (dry run)\nenvironment/prod created (dry run)\npipeline/shop created (dry run)\n',
    );
    const applied = await admin.run(args);
    expect(applied).toMatchObject({
      code: 0,
      stdout: 'environment/dev created\nenvironment/prod created\npipeline/shop created\n',
      stderr: '',
    });
    expect((await admin.run(args)).stdout).toContain('pipeline/shop unchanged\n');
    const changed = environmentText('dev').replace('spec:', 'spec:\n  description: first');
    expect((await admin.run(['apply', '-f', '-'], changed)).stdout).toBe('environment/dev configured\n');
    expect((await ada.run(args)).code).toBe(3);
  });

  it('are shown, and not deleted while they are needed', async () => {
    const environments = parseTable((await ada.run(['get', 'environments'])).stdout);
    expect(environments).toMatchObject([
      { NAME: 'dev', CLUSTERS: '1', SELECTOR: 'env=dev', PIPELINES: 'shop', BY: 'admin' },
      { NAME: 'prod', CLUSTERS: '2' },
    ]);
    const rows = parseTable((await ada.run(['get', 'pipelines'])).stdout);
    expect(rows).toMatchObject([
      { PIPELINE: 'shop', ENVIRONMENT: 'dev', RELEASE: '-', AFTER: '-' },
      { PIPELINE: 'shop', ENVIRONMENT: 'prod', AFTER: 'dev' },
    ]);
    const kept = await admin.run(['delete', 'environment', 'prod']);
    expect(kept).toMatchObject({ code: 1, stdout: '' });
    expect(kept.stderr).toContain('shop');
    await admin.run(['apply', '-f', '-'], environmentText('spare'));
    expect((await admin.run(['delete', 'environment', 'spare'])).stdout).toBe('environment/spare deleted\n');
    expect((await admin.run(['delete', 'environment', 'spare'])).code).toBe(4);
  });
});
