import { describe, expect, it } from 'vitest';
import { agentCommand } from './agent-command.js';
import { type AgentConfig, agentFlags } from './agent-flags.js';
import { givenHelmFlags } from './helm-flags.js';

async function configOf(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<AgentConfig> {
  let config: AgentConfig | undefined;
  const run = (given: AgentConfig) => {
    config = given;
    return Promise.resolve(0);
  };
  const command = agentCommand('0', environment, { run, crds: () => 0 }, () => undefined);
  await command.parseAsync(args, { from: 'user' });
  if (!config) throw new Error('the command did not run');
  return config;
}

describe('the command line of the agent', () => {
  it('has the defaults of flux-compat 8.1', async () => {
    expect(await configOf([])).toMatchObject({
      concurrent: 4,
      sourceConcurrent: 2,
      concurrentSsa: 4,
      kubeApiQps: 50,
      kubeApiBurst: 300,
      requeueDependencyMs: 30_000,
      intervalJitterPercentage: 5,
      minRetryDelayMs: 750,
      maxRetryDelayMs: 900_000,
      httpRetry: 9,
      artifactRetentionTtlMs: 60_000,
      artifactRetentionRecords: 2,
      artifactDigestAlgo: 'sha256',
      sshKexAlgos: [],
      sshHostkeyAlgos: [],
      leaderElectionLeaseDurationMs: 35_000,
      leaderElectionRenewDeadlineMs: 30_000,
      leaderElectionRetryPeriodMs: 5_000,
      leaderElectionReleaseOnCancel: true,
      enableLeaderElection: false,
      watchAllNamespaces: true,
      noCrossNamespaceRefs: false,
      noRemoteBases: false,
      metricsAddr: ':8080',
      healthAddr: ':9440',
      storageAddr: ':9090',
      featureGates: { StrictPostBuildSubstitutions: true },
    });
  });

  it.each([
    [['--no-remote-bases'], 'noRemoteBases', true],
    [['--no-remote-bases=true'], 'noRemoteBases', true],
    [['--no-cross-namespace-refs=false'], 'noCrossNamespaceRefs', false],
    [['--watch-all-namespaces=false'], 'watchAllNamespaces', false],
    [['--override-manager=a', '--override-manager=b'], 'overrideManagers', ['a', 'b']],
    [['--cluster-labels=a=1', '--cluster-labels=b=2'], 'clusterLabels', { a: '1', b: '2' }],
    [['--hub-intents='], 'hubIntents', []],
    [['--metrics-addr=0'], 'metricsAddr', undefined],
    [['--artifact-digest-algo=sha512'], 'artifactDigestAlgo', 'sha512'],
    [
      ['--ssh-kex-algos=curve25519-sha256,ecdh-sha2-nistp256'],
      'sshKexAlgos',
      ['curve25519-sha256', 'ecdh-sha2-nistp256'],
    ],
    [['--ssh-hostkey-algos=ssh-ed25519'], 'sshHostkeyAlgos', ['ssh-ed25519']],
    [['--requeue-dependency=5s'], 'requeueDependencyMs', 5_000],
    [['--no-remote-bases=True'], 'noRemoteBases', true],
    [['--watch-all-namespaces=0'], 'watchAllNamespaces', false],
    [['--concurrent=2', '--concurrent=8'], 'concurrent', 8],
    [['--events-addr=notification.svc:9090'], 'eventsAddr', 'http://notification.svc:9090/'],
    [['--events-addr='], 'eventsAddr', undefined],
    [['--watch-label-selector=!sharding.fluxcd.io/key'], 'watchLabelSelector', '!sharding.fluxcd.io/key'],
    [['--watch-configs-label-selector=a in (b, c),!d'], 'watchConfigsLabelSelector', 'a in (b, c),!d'],
  ] as const)('reads %j as Flux does', async (args, key, value) => {
    expect((await configOf(args))[key]).toEqual(value);
  });

  it('takes what others set in the environment', async () => {
    expect(
      await configOf([], {
        RUNTIME_NAMESPACE: 'gitops',
        STORAGE_PATH: '/data',
        FLOTILLA_AGENT_CONCURRENT: '20',
      }),
    ).toMatchObject({ runtimeNamespace: 'gitops', storagePath: '/data', concurrent: 20 });
  });

  it.each([
    ['--feature-gates=Nonsense=true', 'is no feature gate'],
    ['--feature-gates=toString=true', 'is no feature gate'],
    ['--feature-gates=GroupChangeLog', 'expected Name=true|false'],
    ['--feature-gates=GroupChangeLog=true=false', 'expected Name=true|false'],
    ['--watch-label-selector=a in (b', "at position 8: expected ',' or ')'"],
    ['--watch-configs-label-selector=a b', 'at position 3: expected'],
    ['--events-addr=http://', 'expected a URL or host:port'],
    ['--events-addr=ftp://here', 'expected a URL or host:port'],
    ['--requeue-dependency=-1s', 'expected a duration such as'],
    ['--enable-leader-election=yes', 'expected true or false'],
    ['--hub-intents=explode', 'expected any of reconcile, suspend, resume, pin, freeze'],
    ['--cluster-name=Prod_1', 'expected lower-case letters'],
    ['--storage-addr=here', 'expected host:port'],
    ['--artifact-digest-algo=md5', 'expected one of sha256, sha384, sha512, blake3, sha1'],
    ['--ssh-kex-algos=a" -o ProxyCommand=x', 'expected names of algorithms'],
  ])('refuses %s with a remedy', async (arg, remedy) => {
    await expect(configOf([arg])).rejects.toThrow(remedy);
  });

  it('takes flags of kinds that are not reconciled yet, and knows which were given', async () => {
    const names = ['cache-max-size', 'cache-ttl', 'cache-purge-interval', 'index-max-size'];
    const flags = [...names, 'chart-max-size', 'chart-file-max-size'].map((name) => `--helm-${name}`);
    const config = await configOf(flags.map((flag) => `${flag}=1`));
    expect(givenHelmFlags(config)).toEqual(flags);
    expect(givenHelmFlags(await configOf([]))).toEqual([]);
  });

  it('adds up gates that are given several times, among them those that need no decision here', async () => {
    const { featureGates } = await configOf([
      '--feature-gates=CacheSecretsAndConfigMaps=false,GroupChangeLog=true',
      '--feature-gates=ExternalArtifact=True',
    ]);
    expect(featureGates).toMatchObject({
      GroupChangeLog: true,
      ExternalArtifact: true,
      DirectSourceFetch: false,
    });
  });

  it('describes every flag', () => {
    for (const flag of Object.values(agentFlags)) expect(flag.description).toMatch(/[.;]/);
  });
});
