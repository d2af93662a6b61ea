import { describe, expect, it } from 'vitest';
import { ansiPaint, noPaint } from '../../output/paint.js';
import type { Cell } from '../../output/table.js';
import { renderTable } from '../../output/table.js';
import type { Freeze, Pipeline, Veto } from '../document-schema.js';
import type { Promotion, Release, RolloutDetails } from '../promotion-schema.js';
import { environmentCells, environmentColumns } from './environments-table.js';
import { breakGlassTable, freezeCells, freezeColumns } from './freezes-table.js';
import { pipelineColumns, pipelineRows } from './pipelines-table.js';
import { promotionCells, promotionColumns } from './promotions-table.js';
import { releaseCells, releaseColumns } from './releases-table.js';
import { membersTable, rolloutCells, rolloutColumns, wavesTable } from './rollouts-table.js';
import { vetoCells, vetoColumns } from './vetoes-table.js';

const now = new Date('2026-01-01T12:00:00.000Z');
const before = '2026-01-01T11:50:00.000Z';
const later = '2026-01-01T20:00:00.000Z';
const id = '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c';
const revision = `main@sha1:4f1c9b2e${'0'.repeat(32)}`;
const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' };

const lines = (columns: readonly string[], ...rows: readonly (readonly Cell[])[]): string[] =>
  renderTable({ columns, rows }, { header: true, paint: noPaint }).trimEnd().split('\n');

const promotion: Promotion = {
  id,
  pipeline: 'shop',
  environment: 'prod',
  release: 'shop-7',
  releaseId: 'r',
  state: 'Gating',
  reason: '',
  priority: 'hotfix',
  origin: 'manual',
  requestedBy: 'ada',
  waitingFor: 'approval: 1 of 2 approvals (ada)',
  waitingUntil: later,
  gates: [],
  approvals: [],
  delivery: null,
  rollout: null,
  createdAt: before,
  startedAt: null,
  endedAt: null,
};
const summary = { id: 'o', state: 'Running', reason: '', wave: 'canary', clusters: { Done: 1, Moving: 2 } };

describe('the table of promotions', () => {
  const row = (change: Partial<Promotion>): string =>
    lines(promotionColumns(false), promotionCells({ ...promotion, ...change }, now, '0199', false))[1]!;

  it('says for what a promotion waits, and when that can end', () => {
    expect(lines(promotionColumns(false), promotionCells(promotion, now, '0199d0c4-7d1c', false))).toEqual([
      'ID              RELEASE   ENVIRONMENT   STATE    CREATED   UNTIL   MESSAGE',
      '0199d0c4-7d1c   shop-7    prod          Gating   10m ago   in 8h   approval: 1 of 2 approvals (ada)',
    ]);
  });

  it.each<[string, Partial<Promotion>, RegExp]>([
    [
      'that moves',
      { state: 'RollingOut', waitingFor: 'the rollout', rollout: summary },
      / wave canary: 1 Done, 2 Moving$/,
    ],
    ['that is verified', { state: 'Verifying', waitingFor: 'soak: 5m', rollout: summary }, / soak: 5m$/],
    ['that ended', { state: 'Failed', reason: 'gate probe says no' }, / Failed .* - +gate probe says no$/],
    ['of a newer hub', { state: 'Dreaming', waitingFor: 'the moon' }, / Dreaming .* the moon$/],
  ])('tells of one %s', (_name, change, text) => expect(row(change)).toMatch(text));

  it('tells where it comes from when it may be wide', () => {
    const cells = promotionCells({ ...promotion, rollout: summary }, now, id, true);
    expect(cells.slice(6, 10)).toEqual(['hotfix', 'manual', 'ada', 'o']);
    expect(promotionColumns(true)).toHaveLength(cells.length);
  });

  it.each(['Gating', 'RollingOut', 'RolledBack', 'Superseded', 'Dreaming'])(
    'has nothing green while it is %s',
    (state) => {
      const text = renderTable(
        { columns: promotionColumns(false), rows: [promotionCells({ ...promotion, state }, now, id, false)] },
        { header: true, paint: ansiPaint },
      );
      expect(text).not.toContain('\u001b[32m');
    },
  );
});

describe('the tables of a rollout', () => {
  const rollout: RolloutDetails = {
    id,
    promotion: 'p',
    pipeline: 'shop',
    environment: 'prod',
    release: 'shop-7',
    kind: 'promotion',
    delivery: 'pins',
    items: [{ source, url: '', revision }],
    requestedBy: 'hub',
    breakGlass: false,
    state: 'Running',
    reason: '',
    wave: 'rest',
    waves: [
      {
        name: 'canary',
        state: 'Done',
        maxConcurrent: 1,
        soakSeconds: 600,
        beganAt: before,
        endedAt: before,
        clusters: { Done: 1 },
      },
      {
        name: 'rest',
        state: 'Running',
        maxConcurrent: 5,
        soakSeconds: 0,
        beganAt: before,
        endedAt: null,
        clusters: { Moving: 1, Pending: 2 },
      },
    ],
    clusters: { Done: 1, Moving: 1, Pending: 2 },
    commands: ['pause'],
    createdAt: before,
    startedAt: before,
    finishedAt: null,
    members: [
      {
        cluster: 'eu-1',
        wave: 'canary',
        state: 'Done',
        message: '',
        failureDomain: 'eu',
        attempts: 1,
        beganAt: before,
        endedAt: before,
      },
      {
        cluster: 'us-1',
        wave: null,
        state: 'Deferred',
        message: 'offline',
        failureDomain: null,
        attempts: 0,
        beganAt: null,
        endedAt: null,
      },
    ],
  };

  it('count what is done', () => {
    expect(lines(rolloutColumns, rolloutCells(rollout, now, 'x'))[1]).toMatch(
      /^x +shop-7 +prod +Running +rest +1\/4 +10m ago +10m +1 Done, 1 Moving, 2 Pending$/,
    );
    const ended = { ...rollout, state: 'Failed', reason: 'too many', finishedAt: '2026-01-01T11:51:30.000Z' };
    expect(lines(rolloutColumns, rolloutCells(ended, now, 'x'))[1]).toMatch(/10m ago +90s +too many$/);
  });

  it('show waves and clusters in order', () => {
    const waves = wavesTable(rollout, now);
    expect(lines(waves.columns, ...waves.rows).slice(1)).toEqual([
      expect.stringMatching(/^canary +Done +1\/1 +1 +10m +10m ago +10m ago +1 Done$/),
      expect.stringMatching(/^rest +Running +0\/3 +5 +- +10m ago +- +1 Moving, 2 Pending$/),
    ]);
    const members = membersTable(rollout, now);
    expect(lines(members.columns, ...members.rows)[2]).toMatch(
      /^us-1 +\(catching up\) +Deferred +- +0 +- +offline$/,
    );
  });
});

describe('the tables of documents and releases', () => {
  it('show an environment, and one without clusters', () => {
    const environment = {
      name: 'prod',
      selector: 'env=prod',
      clusters: 0,
      pipelines: ['shop', 'web'],
      origin: null,
      updatedAt: before,
      updatedBy: 'ci',
    };
    expect(lines(environmentColumns, environmentCells(environment, now))[1]).toMatch(
      /^prod +0 +env=prod +shop,web +10m ago +ci$/,
    );
  });

  it('show a pipeline with a row for each environment', () => {
    const stage = { after: [], release: null, promotedAt: null, waiting: [], nextGate: null };
    const waiting = [
      { id: 'a', environment: 'prod', release: 'shop-6', state: 'Gating' },
      { id: 'b', environment: 'prod', release: 'shop-7', state: 'Queued' },
    ];
    const pipeline: Pipeline = {
      name: 'shop',
      spec: { sources: [source] },
      generation: 1,
      latestRelease: 'shop-7',
      environments: [
        { ...stage, name: 'dev', release: 'shop-7', promotedAt: before },
        {
          ...stage,
          name: 'prod',
          after: ['dev'],
          waiting,
          nextGate: { name: 'window', message: 'opens at nine', until: later },
        },
      ],
      watches: [],
      origin: null,
      updatedAt: before,
      updatedBy: 'ci',
    };
    expect(lines(pipelineColumns, ...pipelineRows(pipeline, now)).slice(1)).toEqual([
      expect.stringMatching(/^shop +shop-7 +dev +- +shop-7 +10m ago +- +- +-$/),
      expect.stringMatching(
        /^shop +shop-7 +prod +dev +- +- +shop-6 Gating and 1 more +window +in 8h +opens at nine$/,
      ),
    ]);
  });

  it('show no gate of a pipeline while its clusters move', () => {
    const waiting = [{ id: 'a', environment: 'dev', release: 'shop-7', state: 'RollingOut' }];
    const nextGate = { name: 'RollingOut', message: 'the rollout', until: null };
    const stage = { name: 'dev', after: [], release: null, promotedAt: null, waiting, nextGate };
    const pipeline = { name: 'shop', latestRelease: 'shop-7', environments: [stage] } as unknown as Pipeline;
    expect(pipelineRows(pipeline, now)[0]?.slice(6)).toEqual(['shop-7 RollingOut', '-', '-', '']);
  });

  it('show a release with its authors and vetoes', () => {
    const veto = { id: 'v', reason: 'leaks', requestedBy: 'ada' };
    const item = { source, url: '', revision, authors: ['Ann <ann@example.com>', 'ann@example.com'], veto };
    const release: Release = {
      id,
      name: 'shop-7',
      pipeline: 'shop',
      items: [item],
      vetoed: true,
      createdBy: 'hub',
      createdAt: before,
    };
    expect(lines(releaseColumns, releaseCells(release, now))[1]).toMatch(
      /^shop-7 +shop +main@sha1:4f1c9b2e +Ann, ann@example\.com +10m ago +hub +vetoed by ada: leaks$/,
    );
    const two = {
      ...release,
      items: [
        { ...item, veto: null },
        { ...item, source: { ...source, name: 'db' }, revision: '1.4.2', authors: [], veto: null },
      ],
    };
    expect(releaseCells(two, now)[2]).toBe('apps=main@sha1:4f1c9b2e,db=1.4.2');
  });

  it('show a freeze, what it is about, and who passes it', () => {
    const freeze: Freeze = {
      name: 'holidays',
      state: 'Active',
      scope: { environment: 'prod', source },
      reason: 'nobody is on call',
      from: before,
      until: later,
      clusters: 12,
      breakGlass: [
        {
          promotion: id,
          state: 'Requested',
          reason: 'down',
          requestedBy: 'ada',
          requestedAt: before,
          expiresAt: '2026-01-01T12:05:00.000Z',
          grantedBy: null,
        },
      ],
      createdBy: 'ci',
      createdAt: before,
    };
    const row = (change: Partial<Freeze>) =>
      lines(freezeColumns, freezeCells({ ...freeze, ...change }, now))[1];
    expect(row({})).toMatch(
      /^holidays +Active +environment prod, GitRepository\/flux-system\/apps +12 +- +in 8h +ci +nobody is on call$/,
    );
    expect(row({ state: 'Pending', from: later, scope: { organisation: true } })).toMatch(
      / all clusters +12 +in 8h +in 8h /,
    );
    expect(row({ state: 'Expired', scope: { source } })).toMatch(
      / all clusters, GitRepository\S+ +12 +- +- /,
    );
    const glass = breakGlassTable(freeze, now);
    expect(lines(glass.columns, ...glass.rows)[1]).toMatch(
      / Requested +ada +- +2026-01-01 12:05 UTC \(in 5m\) +down$/,
    );
  });

  it('show a veto, and who lifted it', () => {
    const veto: Veto = {
      id,
      state: 'InForce',
      url: 'https://x',
      revision,
      reason: 'leaks',
      requestedBy: 'ada',
      rollout: null,
      createdAt: before,
      liftedBy: null,
      liftedReason: null,
    };
    expect(lines(vetoColumns, vetoCells(veto, now, 'x'))[1]).toMatch(
      /^x +InForce +main@sha1:4f1c9b2e +https:\/\/x +10m ago +ada +leaks$/,
    );
    const lifted = { ...veto, state: 'Lifted', liftedBy: 'grace', liftedReason: 'fixed' };
    expect(vetoCells(lifted, now, 'x').at(-1)).toBe('leaks; lifted by grace: fixed');
  });
});
