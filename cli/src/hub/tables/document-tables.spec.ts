import { describe, expect, it } from 'vitest';
import { noPaint } from '../../output/paint.js';
import type { Cell } from '../../output/table.js';
import { renderTable } from '../../output/table.js';
import type { Freeze, Pipeline, Veto } from '../document-schema.js';
import type { Release } from '../promotion-schema.js';
import { environmentCells, environmentColumns } from './environments-table.js';
import { breakGlassTable, freezeCells, freezeColumns } from './freezes-table.js';
import { pipelineColumns, pipelineRows } from './pipelines-table.js';
import { releaseCells, releaseColumns } from './releases-table.js';
import { vetoCells, vetoColumns } from './vetoes-table.js';

const now = new Date('2026-01-01T12:00:00.000Z');
const before = '2026-01-01T11:50:00.000Z';
const later = '2026-01-01T20:00:00.000Z';
const id = '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c';
const revision = `main@sha1:4f1c9b2e${'0'.repeat(32)}`;
const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' };

const lines = (columns: readonly string[], ...rows: readonly (readonly Cell[])[]): string[] =>
  renderTable({ columns, rows }, { header: true, paint: noPaint }).trimEnd().split('\n');

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

  it('show no gate of a pipeline while its clusters move, but how far they are', () => {
    const waiting = [{ id: 'a', environment: 'dev', release: 'shop-7', state: 'RollingOut' }];
    const nextGate = {
      name: 'RollingOut',
      message: 'rollout r: wave canary (1 of 2), 0 of 3 clusters done',
      until: null,
    };
    const stage = { name: 'dev', after: [], release: null, promotedAt: null, waiting, nextGate };
    const pipeline = { name: 'shop', latestRelease: 'shop-7', environments: [stage] } as unknown as Pipeline;
    expect(pipelineRows(pipeline, now)[0]?.slice(6)).toEqual([
      'shop-7 RollingOut',
      '-',
      '-',
      nextGate.message,
    ]);
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
