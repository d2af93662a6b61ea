import { describe, expect, it } from 'vitest';
import { exitCodes } from '../errors/cli-error.js';
import type { Movement } from './find-promotion.js';
import { describeMovement, onlyMovement, promotionThatCounts } from './find-promotion.js';
import { onlyReleaseOf } from './find-release.js';
import { progressLine } from './follow-promotion.js';
import { isOver } from './promotion-states.js';
import type { Promotion, Release, Rollout } from './promotion-schema.js';

const promotion = (change: Partial<Promotion>) =>
  ({
    id: 'p',
    release: 'shop-7',
    environment: 'prod',
    state: 'Gating',
    rollout: null,
    waitingFor: '',
    ...change,
  }) as Promotion;
const movement = (change: Partial<Promotion>): Movement => ({
  kind: 'promotion',
  promotion: promotion(change),
});
const ofRollout = (id: string): Movement => ({
  kind: 'rollout',
  rollout: { id, release: 'shop-7', environment: 'prod', state: 'Running' } as Rollout,
});
const summary = (change = {}) => ({
  id: 'o',
  state: 'Running',
  reason: '',
  wave: null,
  clusters: {},
  ...change,
});
const both = ['promotion', 'rollout'] as const;

describe('the beginning of an id', () => {
  it('means the only one that it fits', () => {
    expect(onlyMovement([ofRollout('o')], 'o', both)).toMatchObject({ kind: 'rollout' });
    expect(describeMovement(movement({}))).toBe('promotion p (shop-7 to prod, Gating)');
  });

  it('means a promotion where its own rollout is the other', () => {
    const moving = movement({ rollout: summary() });
    expect(onlyMovement([moving, ofRollout('o')], 'o', both)).toBe(moving);
    expect(() => onlyMovement([moving, ofRollout('other')], 'o', both)).toThrow('is the beginning of 2 ids');
  });

  it('names those that it fits, but not all of many', () => {
    const many = Array.from({ length: 7 }, (_, index) => movement({ id: `p${index}` }));
    expect(() => onlyMovement(many, 'p', both)).toThrow(
      /^p is the beginning of 7 ids: promotion p0 \(shop-7 to prod, Gating\); .* and 2 more$/,
    );
    expect(() => onlyMovement([], 'p', both)).toThrow('no promotion or rollout has an id that begins with p');
  });
});

describe('the promotion of a release', () => {
  const ended = promotion({ id: 'old', state: 'Promoted' });
  it('is the one that has not ended, or the newest where an environment is named', () => {
    expect(promotionThatCounts([ended, promotion({ id: 'open' })], 'shop-7', undefined).id).toBe('open');
    expect(
      promotionThatCounts([ended, promotion({ id: 'older', state: 'Failed' })], 'shop-7', 'prod').id,
    ).toBe('old');
    expect(() => promotionThatCounts([ended], 'shop-7', undefined)).toThrow(
      'is on its way to no environment',
    );
    expect(() => promotionThatCounts([], 'shop-7', 'prod')).toThrow(
      'there is no promotion of release shop-7 to prod',
    );
  });

  it('is not guessed', () => {
    const two = [promotion({ environment: 'eu' }), promotion({ environment: 'us' })];
    expect(() => promotionThatCounts(two, 'shop-7', undefined)).toThrow('on its way to eu, us');
  });
});

describe('the release of a commit', () => {
  const commit = '4f1c9b2e7a6d5c4b3a291807f6e5d4c3b2a19080';
  const release = (name: string, revision = `main@sha1:${commit}`, pipeline = 'shop') =>
    ({ name, pipeline, items: [{ revision }] }) as Release;

  it('is the only one that holds it', () => {
    const others = [
      release('shop-8', 'main@sha1:0000000000000000000000000000000000000000'),
      release('shop-7'),
    ];
    for (const text of ['4f1c9b2', commit, commit.toUpperCase(), `main@sha1:${commit}`])
      expect(onlyReleaseOf(others, text).name).toBe('shop-7');
  });

  it.each<[string, Release[], number, RegExp]>([
    ['none', [], exitCodes.notFound, /no release is named 4f1c9b2 or holds this commit/],
    [
      'several of a pipeline',
      [release('shop-7'), release('shop-8')],
      exitCodes.usage,
      /is in 2 releases: shop-7, shop-8/,
    ],
    [
      'those of two pipelines',
      [release('shop-7'), release('web-1', undefined, 'web')],
      exitCodes.usage,
      /shop-7, web-1/,
    ],
  ])('is not guessed among %s', (_name, releases, exitCode, message) => {
    const find = () => onlyReleaseOf(releases, '4f1c9b2');
    expect(find).toThrow(message);
    expect(find).toThrow(expect.objectContaining({ exitCode }));
  });
});

describe('how far a promotion is', () => {
  it.each<[Partial<Promotion>, string]>([
    [{ waitingFor: 'soak: 5m' }, 'shop-7 to prod: Gating: soak: 5m'],
    [{ state: 'Queued' }, 'shop-7 to prod: Queued'],
    [
      { state: 'RollingOut', rollout: summary({ wave: 'canary', clusters: { Moving: 1, Done: 0 } }) },
      'shop-7 to prod: RollingOut, wave canary: 1 Moving',
    ],
    [
      {
        state: 'RollingOut',
        rollout: summary({ state: 'Paused', reason: 'ada: wait', clusters: { Done: 2 } }),
      },
      'shop-7 to prod: RollingOut: 2 Done, paused: ada: wait',
    ],
    [{ state: 'Verifying', waitingFor: 'health', rollout: summary() }, 'shop-7 to prod: Verifying: health'],
  ])('%j', (change, line) => expect(progressLine(promotion(change))).toBe(line));

  it('is not the end while its rollout goes on', () => {
    expect(isOver(promotion({ state: 'Superseded' }))).toBe(true);
    expect(isOver(promotion({ state: 'Promoted', rollout: summary({ state: 'Succeeded' }) }))).toBe(true);
    expect(isOver(promotion({ state: 'Failed', rollout: summary() }))).toBe(false);
    expect(isOver(promotion({ state: 'Verifying', rollout: summary({ state: 'Succeeded' }) }))).toBe(false);
    expect(isOver(promotion({ state: 'Dreaming' }))).toBe(false);
  });
});
