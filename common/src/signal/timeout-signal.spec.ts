import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { timeoutSignal } from './timeout-signal.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a signal with a time limit', () => {
  it('ends with its time, also when the garbage collector has run', async () => {
    const other = new AbortController();
    let ended = 0;
    for (let count = 0; count < 50; count += 1)
      timeoutSignal(50, other.signal).addEventListener('abort', () => (ended += 1));
    await sleep(5);
    collectGarbage();
    await expect.poll(() => ended).toBe(50);
  });

  it('ends with one of the others, for its reason', () => {
    const other = new AbortController();
    const signal = timeoutSignal(60_000, new AbortController().signal, other.signal);
    expect(signal.aborted).toBe(false);
    other.abort(new Error('enough'));
    expect(signal.reason).toEqual(new Error('enough'));
  });

  it('is over from the start when one of the others is', () => {
    expect(timeoutSignal(60_000, AbortSignal.abort('before')).reason).toBe('before');
  });

  it('says that the time was over', async () => {
    const signal = timeoutSignal(1);
    await expect.poll(() => signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });
});
