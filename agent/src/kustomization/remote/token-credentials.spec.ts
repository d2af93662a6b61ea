import { describe, expect, it } from 'vitest';
import type { TokenIssuer, TokenRequest } from '../../kube/client.js';
import { createFakeClock } from '../../runtime/fake-clock.js';
import { tokenCredentials } from './token-credentials.js';

const spec = { account: { namespace: 'apps', name: 'remote' }, audiences: ['https://cluster'] };

function scenario(lifetimeSeconds = 3_600, refusals = 0) {
  const clock = createFakeClock();
  const asked: Array<Pick<TokenRequest, 'audiences' | 'expirationSeconds'>> = [];
  const client: TokenIssuer = {
    requestToken: (_, { audiences, expirationSeconds }) => {
      asked.push({ audiences, expirationSeconds });
      if (asked.length <= refusals) return Promise.reject(new Error('refused'));
      const expiresAt = new Date(clock.now() + lifetimeSeconds * 1_000).toISOString();
      return Promise.resolve({ token: `token-${asked.length}`, expiresAt });
    },
  };
  const credentials = tokenCredentials({ client, clock }, spec);
  const token = async () => (await credentials.read()).headers['authorization'];
  return { clock, asked, credentials, token };
}

describe('a token of a ServiceAccount', () => {
  it('is asked for once by requests that start together, for the audiences of the cluster', async () => {
    const { asked, token } = scenario();
    expect(await Promise.all([token(), token()])).toEqual(['Bearer token-1', 'Bearer token-1']);
    expect(asked).toEqual([{ audiences: ['https://cluster'], expirationSeconds: 3_600 }]);
  });

  it('is renewed before it ends, also when the server has given it less time', async () => {
    const { clock, token } = scenario(1_000);
    await token();
    await clock.advance(799_000);
    expect(await token()).toBe('Bearer token-1');
    await clock.advance(2_000);
    expect(await token()).toBe('Bearer token-2');
  });

  it('is asked for again when the cluster has refused it', async () => {
    const { credentials, token } = scenario();
    await token();
    credentials.invalidate();
    expect(await token()).toBe('Bearer token-2');
  });

  it('that was refused by the own cluster is asked for again at the next request', async () => {
    const { token } = scenario(3_600, 1);
    await expect(token()).rejects.toThrow('refused');
    expect(await token()).toBe('Bearer token-2');
  });
});
