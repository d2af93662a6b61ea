import { AsyncResource } from 'node:async_hooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../runtime/fake-clock.js';
import { OwnedShards } from './owned-shards.js';
import { checkClaim, ShardLostError } from './work-claim.js';

const signal = new AbortController().signal;
let clock: FakeClock;
let owned: OwnedShards;

beforeEach(() => {
  clock = createFakeClock();
  owned = new OwnedShards(1, clock);
  owned.extend(clock.monotonic() + 1_000);
  owned.show(0);
});

const name = { namespace: 'a', name: 'b' };

/** A reconcile that waits in the middle, and then writes. */
function begin(): { goOn: () => void; ended: Promise<unknown>; seen: () => AbortSignal } {
  let goOn = (): void => undefined;
  let given: AbortSignal | undefined;
  const pause = new Promise<void>((resolve) => (goOn = resolve));
  const ended = owned.guard(name, signal, async (_, own) => {
    given = own;
    await pause;
    checkClaim();
    return { requeueAfterMs: 7 };
  });
  return { goOn, ended, seen: () => given! };
}

describe('work in a shard', () => {
  it('may write while the shard is ours', async () => {
    const work = begin();
    work.goOn();
    expect(await work.ended).toEqual({ requeueAfterMs: 7 });
  });

  it('may not write after the deadline, even when no timer has run since', async () => {
    const work = begin();
    await clock.advance(1_000);
    work.goOn();
    await expect(work.ended).rejects.toThrow(ShardLostError);
  });

  it('may write after the first deadline when the membership was renewed', async () => {
    const work = begin();
    owned.extend(clock.monotonic() + 5_000);
    await clock.advance(1_000);
    work.goOn();
    expect(await work.ended).toEqual({ requeueAfterMs: 7 });
  });

  it('never gets its right back, though the shard comes back while it still runs', async () => {
    const work = begin();
    const abandoned = owned.abandon();
    owned.extend(clock.monotonic() + 5_000);
    owned.show(0);
    work.goOn();
    // Ended without a word: whoever has the object now begins anew.
    expect(await work.ended).toEqual({});
    await abandoned;
  });

  it('does not begin after the deadline', async () => {
    await clock.advance(1_000);
    let ran = false;
    expect(await owned.guard(name, signal, async () => ((ran = true), {}))).toEqual({});
    expect(ran).toBe(false);
  });

  it('of an object that is not ours only forgets: a write fails', async () => {
    owned.hide(0);
    const forget = owned.guard(name, signal, async () => ({}));
    expect(await forget).toEqual({});
    const write = owned.guard(name, signal, async () => (checkClaim(), {}));
    await expect(write).rejects.toThrow(ShardLostError);
  });

  it('is waited for before the shard is given away', async () => {
    const work = begin();
    owned.hide(0);
    let isAtRest = false;
    const rest = owned.rest(0, 10_000).then(() => (isAtRest = true));
    await Promise.resolve();
    expect(isAtRest).toBe(false);
    work.goOn();
    await rest;
    expect(await work.ended).toEqual({ requeueAfterMs: 7 });
  });

  it('is asked to stop when it takes too long, and still waited for', async () => {
    owned.extend(clock.monotonic() + 100_000);
    const work = begin();
    owned.hide(0);
    let isAtRest = false;
    const rest = owned.rest(0, 10_000).then(() => (isAtRest = true));
    await clock.advance(10_000);
    expect(work.seen().aborted).toBe(true);
    await Promise.resolve();
    expect(isAtRest).toBe(false);
    work.goOn();
    await rest;
  });

  it('leaves what it has set going for others alone', async () => {
    let later = (): void => undefined;
    await owned.guard(name, signal, async () => {
      later = keepContext(() => checkClaim());
      return {};
    });
    await clock.advance(10_000);
    expect(later).not.toThrow();
  });
});

/** Keeps the context of the caller, as a timer or a lazily started loop does. */
function keepContext(run: () => void): () => void {
  return AsyncResource.bind(run);
}
