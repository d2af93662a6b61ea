import { describe, expect, it } from 'vitest';
import { ansiPaint, noPaint } from '../../output/paint.js';
import { renderTable } from '../../output/table.js';
import type { Cluster, FleetEvent, FleetObject, Where } from '../schema.js';
import { clustersTable } from './clusters-table.js';
import { eventsTable } from './events-table.js';
import { objectsTable } from './objects-table.js';
import { whereSummary, whereTable } from './where-table.js';

const now = new Date('2026-01-01T12:00:00.000Z');
const revision = `main@sha1:${'4f1c9b2e7a'.repeat(4)}`;

function cluster(change: Partial<Cluster>): Cluster {
  return {
    name: 'prod',
    labels: { env: 'prod', canary: '' },
    ready: true,
    reason: '',
    sync: 'Synced',
    health: 'Healthy',
    freshness: 'Live',
    intent: 'Following',
    revision,
    objects: { total: 5, ready: 5, failed: 0, suspended: 0 },
    agentVersion: '0.1.0',
    kubernetesVersion: 'v1.33.2',
    observedAt: '2026-01-01T11:59:57.000Z',
    enrolledAt: '2025-12-01T09:00:00.000Z',
    certificateExpiresAt: '2026-01-02T12:00:00.000Z',
    connected: true,
    revoked: false,
    ...change,
  };
}

const object: FleetObject = {
  cluster: 'prod',
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'apps',
  ready: true,
  reason: 'ReconciliationSucceeded',
  message: `Applied revision: ${revision}`,
  sync: 'Synced',
  health: 'Healthy',
  freshness: 'Live',
  intent: 'Following',
  revision,
  suspended: false,
  observedAt: '2026-01-01T11:59:57.000Z',
};

const green = '\u001b[32m';
const text = (table: Parameters<typeof renderTable>[0], paint = noPaint) =>
  renderTable(table, { header: true, paint });

describe('the table of clusters', () => {
  it('has every axis, and when the cluster was observed', () => {
    const lost = cluster({
      name: 'edge',
      ready: false,
      freshness: 'Lost',
      observedAt: null,
      revision: null,
      reason: 'never reported',
    });
    expect(text(clustersTable([cluster({}), lost], now, false))).toBe(
      [
        'NAME   READY   SYNC     HEALTH    FRESHNESS   OBJECTS   REVISION             OBSERVED   MESSAGE',
        'prod   True    Synced   Healthy   Live        5/5       main@sha1:4f1c9b2e   3s ago',
        'edge   False   Synced   Healthy   Lost        5/5       -                    never      never reported',
        '',
      ].join('\n'),
    );
  });

  it('tells more when it may be wide, with the message still last', () => {
    const { columns, rows } = clustersTable([cluster({ connected: false })], now, true);
    expect(columns.slice(-3)).toEqual(['CERTIFICATE', 'LABELS', 'MESSAGE']);
    expect(rows[0]!.slice(8)).toEqual([
      'Following',
      'False',
      '0.1.0',
      'v1.33.2',
      '24h left',
      'canary,env=prod',
      '',
    ]);
  });

  it.each(['Stale', 'Lost', 'SomethingNew'])('has nothing green on a cluster that is %s', (freshness) => {
    expect(text(clustersTable([cluster({ freshness })], now, true), ansiPaint)).not.toContain(green);
    const old = { ...object, freshness };
    expect(text(objectsTable([old], now, true), ansiPaint)).not.toContain(green);
  });

  it('has nothing green for words that it does not know, or that mean unknown', () => {
    const unknown = cluster({ ready: false, sync: 'Unknown', health: 'Splendid' });
    const [line] = text(clustersTable([unknown], now, false), ansiPaint)
      .split('\n')
      .slice(1);
    // Live itself is green: that the cluster reports is known.
    expect(line!.replace(`${green}Live`, '')).not.toContain(green);
  });
});

describe('the table of objects', () => {
  it('names cluster, kind and object, and shortens revisions', () => {
    expect(text(objectsTable([object], now, false))).toBe(
      [
        'CLUSTER   NAMESPACE     KIND            NAME   READY   SYNC     HEALTH    FRESHNESS   REVISION             OBSERVED   MESSAGE',
        'prod      flux-system   Kustomization   apps   True    Synced   Healthy   Live        main@sha1:4f1c9b2e   3s ago     Applied revision: main@sha1:4f1c9b2e',
        '',
      ].join('\n'),
    );
  });
});

describe('the table of events', () => {
  it('shows a gap, which has no object', () => {
    const gap: FleetEvent = {
      id: '1',
      cluster: 'prod',
      time: '2026-01-01T11:58:00.000Z',
      severity: 'error',
      reason: 'RecordsLost',
      message: '12 records were lost',
      object: null,
    };
    expect(text(eventsTable([gap], now)).split('\n')[1]).toBe(
      '2m ago      prod      error      RecordsLost   -        12 records were lost',
    );
  });
});

describe('where a commit is', () => {
  const where: Where = {
    commit: '4f1c9b2',
    clusters: [
      {
        cluster: 'dev',
        state: 'Reached',
        freshness: 'Live',
        observedAt: object.observedAt,
        objects: { reached: 2, total: 2 },
        failed: [],
        reachedAt: '2026-01-01T11:50:00.000Z',
      },
      {
        cluster: 'prod',
        state: 'Failed',
        freshness: 'Live',
        observedAt: object.observedAt,
        objects: { reached: 0, total: 2 },
        failed: [
          { kind: 'Kustomization', namespace: 'flux-system', name: 'apps', message: 'build failed' },
          { kind: 'Kustomization', namespace: 'flux-system', name: 'infra', message: 'too' },
        ],
        reachedAt: null,
      },
    ],
    summary: { Reached: 1, Partial: 0, Failed: 1, Behind: 0, Unknown: 0 },
  };

  it('names the first obstacle and counts the others', () => {
    const lines = text(whereTable(where, now)).split('\n');
    expect(lines[1]).toMatch(/^dev +Reached +2\/2 +10m ago +Live +3s ago$/);
    expect(lines[2]).toMatch(
      /^prod +Failed +0\/2 +- +Live +3s ago +Kustomization\/flux-system\/apps: build failed \(and 1 more\)$/,
    );
  });

  it('shows environment, wave, rollout and next gate where the commit is part of a release', () => {
    const place = {
      environment: 'prod',
      release: 'shop-7',
      promotionState: 'Gating',
      waitingFor: 'window: opens at nine',
      waitingUntil: '2026-01-01T14:00:00.000Z',
      rolloutState: null,
      wave: null,
      clusterState: null,
      message: '',
    };
    const moving = { promotionState: 'RollingOut', waitingFor: '', waitingUntil: null };
    const rollout = {
      rolloutState: 'Running',
      wave: 'canary',
      clusterState: 'Soaking',
      message: 'healthy for 20s',
    };
    const [dev, prod] = where.clusters;
    const clusters = [
      { ...dev!, promotions: [{ ...place, environment: 'dev', ...moving, ...rollout }] },
      { ...prod!, failed: [], promotions: [place] },
      { ...prod!, cluster: 'edge', failed: [] },
    ];
    const lines = text(whereTable({ ...where, clusters }, now)).split('\n');
    expect(lines[0]).toMatch(/REACHED +ENVIRONMENT +PROMOTION +WAVE +ROLLOUT +NEXT GATE +FRESHNESS/);
    expect(lines[1]).toMatch(
      /^dev .* dev +RollingOut +canary +Running: Soaking +- +Live +3s ago +healthy for 20s$/,
    );
    expect(lines[2]).toMatch(/^prod .* prod +Gating +- +- +in 120m +Live +3s ago +window: opens at nine$/);
    expect(lines[3]).toMatch(/^edge .* - +- +- +- +- +- +Live +3s ago$/);
  });

  it('has a summary in words', () => {
    expect(whereSummary(where)).toBe('1 of 2 clusters Reached, 1 Failed');
  });
});
