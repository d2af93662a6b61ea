import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revisionOf } from '../hub/api-seed.js';
import { waitFor } from '../servers/wait-for.js';
import type { DeliveryWorld } from './delivery-world.js';
import { environmentText, shopPipeline, startDeliveryWorld } from './delivery-world.js';
import type { Cli } from './run-cli.js';
import { parseTable } from './run-cli.js';

let world: DeliveryWorld;
let admin: Cli;
let ada: Cli;
let grace: Cli;

beforeAll(async () => {
  world = await startDeliveryWorld(500);
  admin = world.admin;
  ada = await world.person('ada', 'operator', '--groups', 'sre', '--emails', 'ada@example.com');
  grace = await world.person('grace', 'operator');
  const documents = [environmentText('dev'), environmentText('prod'), shopPipeline].join('---\n');
  await admin.run(['apply', '-f', '-'], documents);
});

afterAll(() => world?.stop());

const wholeId = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/** The newest promotion of a release, as scripts see it. */
async function promotion(
  release: string,
  env: string,
): Promise<{ id: string; state: string; rollout: { id: string } | null; waitingFor: string }> {
  const flags = ['--release', release, '--environment', env, '-o', 'json'];
  const { stdout } = await admin.run(['get', 'promotions', ...flags]);
  return (JSON.parse(stdout) as { items: never[] }).items[0]!;
}

/** Makes a release of a commit and lets it come through dev to the gates of prod. */
async function releaseInDev(commit: string): Promise<string> {
  const made = await admin.run(['release', 'create', '--pipeline', 'shop', '--revision', revisionOf(commit)]);
  const name = made.stdout.trim();
  await waitFor(`${name} to wait at prod`, async () => {
    const found = await promotion(name, 'prod');
    return found?.state === 'Gating' && found.waitingFor.includes('approval');
  });
  return name;
}

describe('a release goes through its environments', () => {
  let watch: ReturnType<Cli['start']>;

  it('is made by hand, once, and comes to dev by itself', async () => {
    watch = ada.start(['get', 'promotions', '--watch', '-o', 'json']);
    const create = ['release', 'create', '--pipeline', 'shop', '--revision', revisionOf('bbb')];
    const made = await admin.run(create);
    expect(made.stderr).toBe(`✔ release shop-1 holds ${revisionOf('bbb')}\n`);
    expect(made).toMatchObject({ code: 0, stdout: 'shop-1\n' });
    expect((await admin.run(create)).stdout).toBe('shop-1\n');
    const releases = parseTable((await ada.run(['get', 'releases'])).stdout);
    expect(releases).toMatchObject([
      { NAME: 'shop-1', PIPELINE: 'shop', REVISION: 'main@sha1:bbb00000', BY: 'admin' },
    ]);
    await waitFor(
      'prod to be asked for',
      async () => (await promotion('shop-1', 'prod'))?.state === 'Gating',
    );
    expect(world.agents.get('dev-1')!.moves).toEqual([revisionOf('bbb')]);
    expect(world.agents.get('prod-1')!.moves).toEqual([]);
  });

  it('waits for people, and says for what and what they can do', async () => {
    const { id } = await promotion('shop-1', 'prod');
    const [row] = parseTable((await ada.run(['get', 'promotions', '--state', 'gating'])).stdout);
    expect(row).toMatchObject({ ID: id, RELEASE: 'shop-1', ENVIRONMENT: 'prod', STATE: 'Gating' });
    expect(row?.['MESSAGE']).toMatch(/approval: 0 of 1/);
    const { stdout } = await ada.run(['describe', 'promotion', 'shop-1', '--to', 'prod']);
    expect(stdout).toMatch(new RegExp(`^Promotion: +${id}\nRelease: +shop-1\n`));
    expect(stdout).toMatch(/before +approval +approval +wait +- +0 of 1/);
    expect(stdout).toContain(`flotilla approve ${id}`);
    expect(stdout).not.toContain('rollback');
    const where = parseTable((await ada.run(['where', 'bbb0000'])).stdout);
    expect(where).toMatchObject([
      {
        CLUSTER: 'dev-1',
        STATE: 'Reached',
        ENVIRONMENT: 'dev',
        PROMOTION: 'Promoted',
        ROLLOUT: 'Succeeded: Done',
      },
      { CLUSTER: 'prod-1', STATE: 'Behind', ENVIRONMENT: 'prod', PROMOTION: 'Gating' },
      { CLUSTER: 'prod-2', STATE: 'Behind', MESSAGE: expect.stringMatching(/^approval: 0 of 1/) as string },
    ]);
    const described = await ada.run(['describe', 'pipeline', 'shop']);
    expect(described.stdout).toMatch(/Environments:\nENVIRONMENT +AFTER +RELEASE[^]*dev +- +shop-1/);
    expect((await ada.run(['describe', 'release', 'bbb0000'])).stdout).toMatch(/^Release: +shop-1\n/);
    const ofCommit = await ada.run(['get', 'releases', 'bbb0000', '--pipeline', 'shop', '-o', 'json']);
    for (const name of ['bbb0000', (JSON.parse(ofCommit.stdout) as { id: string }).id])
      expect((await ada.run(['describe', 'promotion', name])).stdout).toMatch(RegExp(`^Promotion: +${id}\n`));
  });

  it('is not approved by whoever made it, but by somebody else, and followed to its end', async () => {
    const refused = await admin.run(['approve', 'shop-1', '--to', 'prod']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(
      /"admin" is an author of release "shop-1".*\n {2}ask somebody who did not write it/,
    );
    const nameless = await world.person('ci', 'operator');
    const unknown = await nameless.run(['approve', 'shop-1', '--to', 'prod']);
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toMatch(
      /the token "ci" has no e-mail addresses.*\n {2}an admin makes one.*--emails/,
    );
    const { id } = await promotion('shop-1', 'prod');
    const approved = await ada.run(['approve', id.slice(0, 23), '--comment', 'looked at dev', '--wait']);
    expect(approved.stderr).toContain(`► promotion ${id} (shop-1 to prod, Gating)\n`);
    expect(approved.stderr).toContain(`✔ promotion ${id} of shop-1 to prod approved\n`);
    expect(approved.stderr).toMatch(/◎ shop-1 to prod: RollingOut, wave canary: /);
    expect(approved.stderr).toMatch(new RegExp(`✔ promotion ${id} of shop-1 to prod is Promoted`));
    expect(approved.code).toBe(0);
    const [, prod] = parseTable((await ada.run(['get', 'pipelines', 'shop'])).stdout);
    expect(prod).toMatchObject({ ENVIRONMENT: 'prod', RELEASE: 'shop-1' });
    const described = await ada.run(['describe', 'promotion', id]);
    expect(described.stdout).toMatch(/Approvals:\n.*\nbefore +ada +sre +.* UTC \(\d+s ago\) +looked at dev/);
    expect(described.stdout).toMatch(/flotilla rollback [0-9a-f-]{36} --reason TEXT/);
  });

  it('is told to whoever watches', async () => {
    const seen = () =>
      watch
        .stdout()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { environment: string; state: string })
        .map(({ environment: env, state }) => `${env} ${state}`);
    await waitFor('the end', () => seen().includes('prod Promoted'));
    expect(seen()).toContain('prod Gating');
    expect(await watch.stop()).toBe(130);
    expect(watch.stderr()).toBe('');
  });

  it('is where its commit is', async () => {
    const { stdout, code } = await ada.run(['where', 'bbb0000', '--wait', '--timeout', '20s']);
    expect(code).toBe(0);
    expect(parseTable(stdout).map((row) => `${row['CLUSTER']} ${row['STATE']}`)).toEqual([
      'dev-1 Reached',
      'prod-1 Reached',
      'prod-2 Reached',
    ]);
  });

  it('goes back when somebody says so', async () => {
    const args = ['rollback', 'shop-1', '--to', 'prod'];
    const unsaid = await ada.run(args);
    expect(unsaid.code).toBe(2);
    expect(unsaid.stderr).toMatch(
      /✗ --reason is missing\n {2}say why: flotilla rollback shop-1 --to prod --reason TEXT/,
    );
    const { code, stderr } = await ada.run([...args, '--reason', 'errors at checkout', '--wait']);
    expect(stderr).toMatch(/✔ promotion \S+ of shop-1 to prod is RolledBack/);
    expect(code).toBe(0);
    for (const name of ['prod-1', 'prod-2'])
      expect(world.agents.get(name)!.moves).toEqual([revisionOf('bbb'), revisionOf('aaa')]);
    const described = await ada.run(['describe', 'rollout', 'shop-1', '--to', 'prod']);
    expect(described.stdout).toMatch(/State: +RolledBack\n/);
    expect(described.stdout).toMatch(
      /Clusters:\nCLUSTER +WAVE[^]*prod-1 +canary +RolledBack[^]*prod-2 +rest +RolledBack/,
    );
  });
});

describe('a veto', () => {
  it('keeps a release from everybody until it is lifted', async () => {
    const made = await ada.run(['veto', 'shop-1', '--reason', 'the shop does not start']);
    expect(made.stderr).toMatch(/^✔ veto \S+: nobody takes main@sha1:bbb0+ of https:\S+\n$/);
    const id = wholeId.exec(made.stderr)![0];
    const [row] = parseTable((await ada.run(['get', 'vetoes', '--state', 'inforce'])).stdout);
    expect(row).toMatchObject({
      ID: id,
      REVISION: 'main@sha1:bbb00000',
      BY: 'ada',
      MESSAGE: 'the shop does not start',
    });
    const refused = await ada.run(['promote', 'shop-1', '--to', 'prod']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('release "shop-1" is vetoed by ada: the shop does not start');
    const described = await ada.run(['describe', 'release', 'shop-1']);
    expect(described.stdout).toContain(`flotilla veto lift ${id} --reason TEXT`);
    const lifted = await grace.run(['veto', 'lift', id.slice(0, 18), '--reason', 'fixed', '-o', 'json']);
    expect(JSON.parse(lifted.stdout)).toMatchObject({ items: [{ id, state: 'Lifted' }] });
    expect(lifted.stderr).toContain(`✔ veto ${id} of main@sha1:bbb`);
    expect((await grace.run(['veto', 'lift', id, '--reason', 'again'])).code).toBe(1);
    expect((await grace.run(['veto', 'lift', 'shop-1', '--reason', 'again'])).code).toBe(4);
    expect((await ada.run(['veto', 'shop-1', '--reason', 'once more'])).code).toBe(0);
    expect((await grace.run(['veto', 'lift', 'bbb0000', '--reason', 'fixed again'])).code).toBe(0);
    expect(parseTable((await ada.run(['get', 'vetoes'])).stdout)).toMatchObject([
      { STATE: 'Lifted', MESSAGE: 'once more; lifted by grace: fixed again' },
      { STATE: 'Lifted', MESSAGE: 'the shop does not start; lifted by grace: fixed' },
    ]);
  });

  it('is of an address and a revision, too', async () => {
    const target = ['--url', 'https://git.example.com/org/other', '--revision', 'f'.repeat(40)];
    const { stdout } = await ada.run(['veto', ...target, '--reason', 'leaks', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ state: 'InForce', reason: 'leaks' }], total: 1 });
  });
});

describe('a freeze', () => {
  it('holds a promotion, which says until when, until two people let it pass', async () => {
    const made = await ada.run([
      ...'freeze holidays --environment prod --for 2h --reason'.split(' '),
      'nobody is on call',
    ]);
    expect(made.stdout).toBe('freeze/holidays created\n');
    expect(made.stderr).toMatch(
      /^✔ nothing moves in environment prod \(2 clusters\) until \d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC \(in (119|120)m\)\n$/,
    );
    const name = await releaseInDev('ccc');
    const { id } = await promotion(name, 'prod');
    await ada.run(['approve', name, '--to', 'prod']);
    const described = await waitFor('the freeze to be told', async () => {
      const { stdout } = await ada.run(['describe', 'promotion', id]);
      return /freeze holidays until \S+: nobody is on call/.test(stdout) && stdout;
    });
    expect(described).toMatch(
      /before +freeze +freeze +wait +\d{4}-\S+ \S+ UTC \(in \d+m\) +freeze holidays until \S+: nobody is on call/,
    );
    expect(described).toContain(`flotilla break-glass holidays --promotion ${id} --reason TEXT`);
    const ask = [
      'break-glass',
      'holidays',
      '--promotion',
      name,
      '--to',
      'prod',
      '--reason',
      'the shop is down',
    ];
    const asked = await ada.run(ask);
    expect(asked.code).toBe(0);
    expect(asked.stderr).toMatch(/another person has to confirm until .* UTC \(in 1[45]m\):\n/);
    expect(asked.stderr).toContain(`flotilla break-glass holidays --promotion ${id} --reason TEXT\n`);
    const alone = await ada.run(ask);
    expect(alone.code).toBe(3);
    expect(alone.stderr).toContain('somebody else must confirm');
    const confirmed = await grace.run(ask);
    expect(confirmed.stderr).toMatch(/passes freeze holidays: ada has asked, grace has confirmed\n$/);
    const waited = await ada.run(['approve', name, '--to', 'prod', '--wait', '--timeout', '30s']);
    // It may have ended before this was asked: then nobody is asked any more.
    expect(waited.code === 0 || /it has ended as Promoted|waits for nobody/.test(waited.stderr)).toBe(true);
    await waitFor('the end', async () => (await promotion(name, 'prod')).state === 'Promoted');
    const freeze = await ada.run(['describe', 'freeze', 'holidays']);
    expect(freeze.stdout).toMatch(/Break-glass:\n.*\n\S+ +Granted +ada +grace +- +the shop is down/);
    expect(parseTable((await ada.run(['get', 'freezes'])).stdout)).toMatchObject([
      { NAME: 'holidays', STATE: 'Active', SCOPE: 'environment prod', CLUSTERS: '2', BY: 'ada' },
    ]);
    const denied = await grace.run(['unfreeze', 'holidays']);
    expect(denied.code).toBe(3);
    expect(denied.stderr).toMatch(/a freeze of "ada" \(nobody is on call\) until .*\n.*ask an admin/);
    expect((await ada.run(['unfreeze', 'holidays'])).stdout).toBe('freeze/holidays deleted\n');
    expect((await ada.run(['get', 'freezes', '-o', 'json'])).stdout).toContain('"total": 0');
  });
});

describe('what moves', () => {
  it('is paused, described and resumed, and goes on past a wave that soaks', async () => {
    const soaking = shopPipeline.replace('size: 1', 'size: 1, soak: 30m');
    await admin.run(['apply', '-f', '-'], soaking);
    const name = await releaseInDev('ddd');
    await ada.run(['approve', name, '--to', 'prod']);
    await admin.run(['apply', '-f', '-'], shopPipeline);
    const rollout = await waitFor('the rollout', async () => (await promotion(name, 'prod')).rollout?.id);
    const paused = await ada.run(['pause', rollout, '--reason', 'look first']);
    expect(paused.stderr).toMatch(new RegExp(`✔ rollout ${rollout} of ${name} to prod paused: Paused, `));
    const [row] = parseTable((await ada.run(['get', 'rollouts', '--state', 'paused'])).stdout);
    expect(row).toMatchObject({ ID: rollout, RELEASE: name, ENVIRONMENT: 'prod', STATE: 'Paused' });
    const described = (await ada.run(['describe', 'rollout', rollout])).stdout;
    expect(described).toMatch(/Waves:\nWAVE .*\ncanary +\w+ +\d\/1 +1 +30m /);
    expect(described).toContain(`flotilla resume rollout ${rollout}`);
    expect(described).not.toContain(`flotilla pause ${rollout}`);
    const late = await ada.run(['promote', name, '--to', 'prod', '--wait']);
    expect(late.code).toBe(1);
    expect(late.stderr).toContain('is on its way to prod already');
    const resumed = await ada.run(['resume', 'rollout', name, '--to', 'prod']);
    expect(resumed.stderr).toContain('resumed: Running');
    expect((await ada.run(['pause', rollout])).code).toBe(0);
    // What is no kind is a rollout, too.
    const waiting = ada.start(['resume', rollout, '--wait']);
    await waitFor('the canary', () => waiting.stderr().includes('wave canary: 1 Done, 1 Pending'));
    expect((await grace.run(['skip-wave', rollout, '--reason', 'seen enough'])).code).toBe(0);
    expect(await waiting.ended).toBe(0);
    expect(waiting.stderr()).toMatch(/✔ promotion \S+ of shop-\d to prod is Promoted/);
  });

  it('is not waited for longer than --timeout', async () => {
    const name = await releaseInDev('eee');
    const { code, stderr } = await ada.run(['approve', name, '--to', 'prod', '--wait', '--timeout', '10ms']);
    expect(code).toBe(5);
    expect(stderr).toMatch(/✗ promotion \S+: not over within 10ms: /);
    await waitFor('the end', async () => (await promotion(name, 'prod')).state === 'Promoted');
  });

  it('is aborted, rejected, and tried again by people', async () => {
    const first = await releaseInDev('fff');
    const aborted = await ada.run(['abort', first, '--to', 'prod', '--reason', 'wrong one', '-o', 'json']);
    expect(JSON.parse(aborted.stdout)).toMatchObject({ release: first, state: 'Aborted' });
    const again = await ada.run(['promote', 'fff0000', '--pipeline', 'shop', '--to', 'prod', '--hotfix']);
    expect(again.stderr).toMatch(new RegExp(`✔ promotion \\S+: ${first} to prod: (Queued|Gating)`));
    const wide = parseTable(
      (await ada.run(['get', 'promotions', '-o', 'wide', '--state', 'queued,gating'])).stdout,
    );
    expect(wide).toMatchObject([{ RELEASE: first, PRIORITY: 'hotfix', ORIGIN: 'manual', BY: 'ada' }]);
    const rejected = await grace.run(['reject', first, '--to', 'prod', '--reason', 'breaks the login']);
    expect(rejected.stderr).toContain('rejected: it is Aborted\n');
    const failed = await ada.run(['retry', first, '--to', 'prod', '--failed']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('it has no rollout');
  });
});

describe('words', () => {
  it('a beginning that several ids have is not guessed', async () => {
    const { id } = await promotion('shop-1', 'prod');
    const { code, stderr } = await ada.run(['abort', id.slice(0, 4), '--reason', 'x']);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /is the beginning of \d+ ids: promotion \S+ \(shop-\d+ to \w+, \w+\); .*\n {2}give more of it/,
    );
  });

  it('ids are short for people, and whole for scripts', async () => {
    const { id } = await promotion('shop-1', 'prod');
    const shown = await ada.inTerminal(['get', 'promotions', '--release', 'shop-1', '--environment', 'prod']);
    expect(shown).toContain(`${id.slice(0, 13)} `);
    expect(shown).not.toContain(id);
    expect((await ada.run(['get', 'promotions'])).stdout).toContain(id);
    const [row] = parseTable((await ada.run(['get', 'rollouts', '--limit', '1'])).stdout);
    expect(row?.['ID']).toMatch(wholeId);
  });
});

describe('what cannot be meant', () => {
  it.each<[string, string[], number, RegExp]>([
    ['an unknown release', ['promote', 'shop-99', '--to', 'prod'], 4, /release "shop-99" does not exist/],
    [
      'a commit of no release',
      ['promote', 'abcdef1', '--to', 'prod'],
      4,
      /no release is named abcdef1 or holds this commit/,
    ],
    [
      'an unknown environment',
      ['promote', 'shop-1', '--to', 'moon'],
      2,
      /has no environment "moon".*\n {2}choose one of dev, prod/,
    ],
    ['no environment', ['promote', 'shop-1'], 2, /required option '--to <environment>' not specified/],
    ['the beginning of no id', ['approve', 'ffff'], 4, /no promotion has an id that begins with ffff/],
    ['too little of an id', ['pause', '01'], 2, /01 is too short for the beginning of an id/],
    ['a release that is nowhere', ['approve', 'shop-1'], 4, /release shop-1 is on its way to no environment/],
    [
      'no promotion there',
      ['describe', 'promotion', 'shop-99', '--to', 'prod'],
      4,
      /release "shop-99" does not exist/,
    ],
    [
      'a whole id that nobody has',
      ['describe', 'rollout', '00000000-0000-4000-8000-000000000000'],
      4,
      /does not exist/,
    ],
    [
      'retry of what',
      ['retry', 'shop-1', '--to', 'prod'],
      2,
      /say so: flotilla retry shop-1 --to prod --failed/,
    ],
    ['a mistyped kind', ['resume', 'kustomisation'], 2, /is no kind, and no beginning of an id/],
    [
      'a veto of two things',
      ['veto', 'shop-1', '--url', 'https://x', '--reason', 'x'],
      2,
      /give one of them/,
    ],
    ['half a veto', ['veto', '--url', 'https://x', '--reason', 'x'], 2, /--revision is missing/],
    ['a freeze without an end', ['freeze', 'x', '--all', '--reason', 'x'], 2, /until when\?/],
    ['a freeze of nothing', ['freeze', 'x', '--for', '1h', '--reason', 'x'], 2, /what is to stand still\?/],
    [
      'a freeze in the past',
      ['freeze', 'x', '--all', '--until', '2020-01-01T00:00:00Z', '--reason', 'x'],
      2,
      /Freeze\/x\)?: spec\.until: /,
    ],
    [
      'a time without a zone',
      ['freeze', 'x', '--all', '--until', '2027-01-01T00:00', '--reason', 'x'],
      2,
      /expected a time with its offset from UTC/,
    ],
    [
      'a freeze of no environment',
      ['freeze', 'x', '--environment', 'moon', '--for', '1h', '--reason', 'x'],
      2,
      /moon/,
    ],
    [
      'an unknown source',
      ['release', 'create', '--pipeline', 'shop', '--revision', 'db=1.2.3'],
      2,
      /pipeline shop has no source db\n {2}it has GitRepository\/flux-system\/flux-system/,
    ],
    [
      'an unknown pipeline',
      ['release', 'create', '--pipeline', 'x', '--revision', 'aaa0000'],
      4,
      /pipeline "x" does not exist/,
    ],
    ['a name and a filter', ['get', 'promotions', 'shop-1', '--state', 'gating'], 2, /a name and a filter/],
    ['an unknown state', ['get', 'rollouts', '--state', 'done'], 2, /"done" is none of Pending, Running/],
  ])('%s', async (_name, args, code, text) => {
    const result = await admin.run(args);
    expect(result.stderr).toMatch(text);
    expect(result).toMatchObject({ code, stdout: '' });
  });
});
