import { afterEach, describe, expect, it } from 'vitest';
import { signatureFor } from '../../cloud/aws-signature.fixture.js';
import { awsSecret, startFakeClouds, type FakeClouds } from '../../cloud/fake-clouds.fixture.js';
import { SourceFailure } from '../source-failure.js';
import { cloudLogin } from './cloud-remote.js';
import { authorizationHeader, gitRemote } from './credentials.js';

const signal = new AbortController().signal;
const who = { namespace: 'team-a', name: 'robot' };
let clouds: FakeClouds | undefined;
afterEach(() => clouds?.stop());

describe('workload identity of GitRepositories (flux-compat 2.3)', () => {
  it('azure: a token for Azure DevOps as bearer', async () => {
    clouds = await startFakeClouds({
      'azure.workload.identity/client-id': 'client-1',
      'azure.workload.identity/tenant-id': 'tenant-1',
    });
    const url = 'https://org@dev.azure.com/org/project/_git/fleet';
    const { secret, sameAs } = await cloudLogin(clouds.identities(), { provider: 'azure', url }, who, signal);
    const remote = gitRemote(url, secret, { sameAs });

    expect(authorizationHeader(remote.credentials)).toBe(
      'Bearer azure token for 499b84ac-1321-427f-aa17-267ca6975798/.default',
    );
    expect(gitRemote(url, { bearerToken: 'a later one' }, { sameAs }).key).toBe(remote.key);
  });

  it('aws: a signature over host and path that CodeCommit verifies', async () => {
    clouds = await startFakeClouds({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/r' });
    const url = 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet';
    const { secret } = await cloudLogin(clouds.identities(), { provider: 'aws', url }, who, signal);
    const { username = '', password = '' } = secret;
    const [time = '', signature] = password.split('Z');
    const canonical = 'GIT\n/v1/repos/fleet\n\nhost:git-codecommit.eu-west-1.amazonaws.com\n\nhost\n';
    const scope = `${time.slice(0, 8)}/eu-west-1/codecommit/aws4_request`;

    expect(username).toBe('ASIA%session of arn:aws:iam::1:role/r');
    expect(time).toBe('20260101T120000');
    expect(signature).toBe(signatureFor(awsSecret, scope, time, canonical));
  });

  it.each([
    ['azure', 'https://dev.azure.com.example.com/org/_git/x'],
    ['azure', 'http://dev.azure.com/org/_git/x'],
    ['azure', 'ssh://git@ssh.dev.azure.com/v3/org/x'],
    ['aws', 'https://git-codecommit.eu-west-1.amazonaws.com.example.com/v1/repos/x'],
    ['aws', 'https://example.com/git-codecommit.eu-west-1.amazonaws.com'],
  ] as const)('%s: nothing is sent to %s', async (provider, url) => {
    clouds = await startFakeClouds({});
    const failure = await cloudLogin(clouds.identities(), { provider, url }, undefined, signal).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(SourceFailure);
    expect(failure).toMatchObject({ reason: 'InvalidProviderConfiguration' });
    expect(clouds.service.requests).toEqual([]);
  });
});
