import { expect, it } from 'vitest';
import { CorrectionPace } from './correction-pace.js';

const owner = { namespace: 'ns', name: 'app' };
const drift = [{ path: '/data/v', manager: 'other' }];
const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'a' };

function after(corrections: number): CorrectionPace {
  const pace = new CorrectionPace();
  for (let i = 0; i < corrections; i++) pace.corrected(owner, ref, drift, 1_000);
  return pace;
}

it.each([
  [0, 0],
  [2, 0],
  [3, 1_000],
  [4, 2_000],
  [6, 8_000],
  [40, 600_000],
])('after %i corrections in a row the next one waits %i ms', (corrections, pause) => {
  expect(after(corrections).pauseMs(owner, ref, 1_000)).toBe(pause);
});

it('the pause begins at the last correction, and concerns that object alone', () => {
  expect(after(4).pauseMs(owner, ref, 2_500)).toBe(500);
  expect(after(4).pauseMs(owner, ref, 9_000)).toBe(0);
  expect(after(4).pauseMs(owner, { ...ref, name: 'b' }, 1_000)).toBe(0);
});

it('a long peace begins anew, and so does a new object', () => {
  const pace = after(9);
  expect(pace.pauseMs(owner, ref, 2_000_000)).toBe(0);
  pace.corrected(owner, ref, drift, 2_000_000);
  expect(pace.pauseMs(owner, ref, 2_000_000)).toBe(0);

  const gone = after(9);
  gone.forget(owner);
  expect(gone.pauseMs(owner, ref, 1_000)).toBe(0);
});

it('names who fights over what once corrections slow down, until it has been quiet', () => {
  expect(after(3).fights(owner, 1_000)).toEqual([]);
  const pace = after(4);
  expect(pace.fights(owner, 1_000)).toEqual([{ ref, drift }]);
  expect(pace.fights({ namespace: 'ns', name: 'other' }, 1_000)).toEqual([]);
  expect(pace.fights(owner, 1_000 + 21 * 60_000)).toEqual([]);
});
