import { describe, expect, it } from 'vitest';
import { CliError, exitCodes } from '../errors/cli-error.js';
import { noPaint } from '../output/paint.js';
import type { Runtime } from '../runtime.js';
import { askPatiently } from './ask-patiently.js';
import { HubRefusal } from './hub-errors.js';

const away = new CliError(exitCodes.unreachable, 'cannot reach the hub');

/** Answers in their order; errors are thrown. */
async function asked(
  answers: readonly unknown[],
  leftMs = 60_000,
): Promise<{ answer: unknown; said: string }> {
  let said = '';
  const terminal = { err: (text: string) => void (said += text), paintErr: noPaint };
  const runtime = { terminal, signal: new AbortController().signal } as unknown as Runtime;
  const left = [...answers];
  const ask = async () => {
    const next = left.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  return { answer: await askPatiently(runtime, ask, performance.now() + leftMs, 1), said };
}

describe('a hub that is away for a while', () => {
  it('is waited for, which is said once', async () => {
    expect(await asked([away, away, 'here'])).toEqual({
      answer: 'here',
      said: '✗ cannot reach the hub\n✔ the hub is back\n',
    });
  });

  it('is not waited for beyond the deadline', async () => {
    await expect(asked([away, 'here'], 0)).rejects.toBe(away);
  });

  it('is another thing than one that refuses', async () => {
    const refusal = new HubRefusal(exitCodes.unreachable, 'the token is not known');
    await expect(asked([refusal, 'here'])).rejects.toBe(refusal);
  });

  it('that answers at once is not mentioned', async () => {
    expect(await asked(['here'])).toEqual({ answer: 'here', said: '' });
  });
});
