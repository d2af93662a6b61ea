import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { newAgePair } from '../../kustomization/decryption-rig.js';
import { sharedControlPlane } from '../../servers/shared/shared-servers.js';
import { installExternalArtifacts } from '../gates/external-artifact.js';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { secret } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { installRows, type InstallServers, startArtifactHost } from './install.rows.js';
import { maxFetchBytes } from './storage.rows.js';

const ageSecret = `age-${randomBytes(4).toString('hex')}`;
const before = { ...process.env };
let rig: ConformanceRig;
let servers: InstallServers;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  const { kube } = await sharedControlPlane();
  const pair = await newAgePair();
  const keys = secret(ageSecret, { stringData: { 'a.agekey': pair.identity } }, { namespace: 'default' });
  await applyAs(kube, 'test', keys);
  const source = await startArtifactHost(() => rig.storagePath);
  const watcher = await startArtifactHost(() => rig.storagePath);
  stops.push(
    () => source.stop(),
    () => watcher.stop(),
  );
  servers = { pair, source, watcher };
  process.env['SOURCE_CONTROLLER_LOCALHOST'] = source.host;
  process.env['SOURCE_WATCHER_LOCALHOST'] = watcher.host;
  rig = await startConformanceRig({
    flags: {
      runtimeNamespace: 'default',
      sopsAgeSecret: ageSecret,
      insecureKubeconfigExec: 'true',
      insecureKubeconfigTls: 'true',
      artifactDigestAlgo: 'blake3',
      artifactRetentionTtl: '2s',
      artifactRetentionRecords: '3',
      maxFetchBytes: String(maxFetchBytes),
      featureGates: 'ExternalArtifact=true,DisableConfigWatchers=true,MigrateAPIVersion=true',
    },
  });
  await installExternalArtifacts(rig.cluster);
});
afterAll(async () => {
  await rig?.stop();
  for (const stop of stops) stop();
  for (const name of ['SOURCE_CONTROLLER_LOCALHOST', 'SOURCE_WATCHER_LOCALHOST']) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

describe('flags and environment of an install', () => {
  testRows(
    installRows(() => servers),
    (row) => runScenario(rig, row),
  );
});
