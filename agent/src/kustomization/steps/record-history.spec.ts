import { expect, it } from 'vitest';
import { recordAttempt, type Attempt } from './record-history.js';

function attempt(digest: string, minute: number, status = 'ReconciliationSucceeded'): Attempt {
  return {
    digest,
    status,
    at: `2026-01-01T00:0${minute}:00Z`,
    duration: '1s',
    metadata: { revision: `r${minute}` },
  };
}

it('counts the same content with the same outcome up, and moves it to the front (flux-compat 3.1)', () => {
  const history = [attempt('a', 1), attempt('b', 2), attempt('a', 3)].reduce<
    ReturnType<typeof recordAttempt>
  >((all, next) => recordAttempt(all, next), []);

  expect(history).toEqual([
    {
      digest: 'a',
      firstReconciled: '2026-01-01T00:01:00Z',
      lastReconciled: '2026-01-01T00:03:00Z',
      lastReconciledDuration: '1s',
      lastReconciledStatus: 'ReconciliationSucceeded',
      metadata: { revision: 'r3' },
      totalReconciliations: 2,
    },
    expect.objectContaining({ digest: 'b', totalReconciliations: 1 }),
  ]);
});

it('keeps another outcome of the same content apart', () => {
  const history = recordAttempt(recordAttempt([], attempt('a', 1)), attempt('a', 2, 'HealthCheckFailed'));

  expect(history.map(({ lastReconciledStatus }) => lastReconciledStatus)).toEqual([
    'HealthCheckFailed',
    'ReconciliationSucceeded',
  ]);
});

it('keeps the newest five', () => {
  const history = ['a', 'b', 'c', 'd', 'e', 'f'].reduce<ReturnType<typeof recordAttempt>>(
    (all, digest, minute) => recordAttempt(all, attempt(digest, minute)),
    [],
  );

  expect(history.map(({ digest }) => digest)).toEqual(['f', 'e', 'd', 'c', 'b']);
});
