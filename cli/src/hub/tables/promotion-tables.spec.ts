import { describe, expect, it } from 'vitest';
import { ansiPaint, noPaint } from '../../output/paint.js';
import type { Cell } from '../../output/table.js';
import { renderTable } from '../../output/table.js';
import type { Promotion, RolloutDetails } from '../promotion-schema.js';
import { promotionCells, promotionColumns } from './promotions-table.js';
import { membersTable, rolloutCells, rolloutColumns, wavesTable } from './rollouts-table.js';

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
