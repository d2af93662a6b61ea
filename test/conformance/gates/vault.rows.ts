import { encryptYaml, newDataKey } from '@flotilla/common/sops/sops-encryptor.fixture';
import { objectRule } from '../../kustomization/decryption-rig.js';
import { kustomizationFile, secret } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import type { Expected, Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { FakeVault } from './fake-vault.js';

const opened = { 'v1/Secret/s': { data: { password: Buffer.from('opened').toString('base64') } } };

const row = (
  behaviour: string,
  address: (vault: FakeVault) => string,
  vault: () => FakeVault,
  decryption: Fields,
  expected: Expected,
): ScenarioRow => ({
  section: '3.4',
  behaviour: `Vault workload identity: ${behaviour}`,
  given: {
    files: null,
    before: async (world) => {
      for (const name of ['robot', 'other', 'stranger']) {
        const metadata = { name, namespace: world.namespace };
        await applyAs(world.kube, 'person', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
      }
      const dataKey = newDataKey();
      const key = {
        vault_address: address(vault()),
        engine_path: 'sops',
        key_name: 'team',
        created_at: '2026-01-01T00:00:00Z',
        enc: `vault:v1:${Buffer.from(dataKey).toString('base64')}`,
      };
      const object = world.filled(secret('s', { stringData: { password: 'opened' } }));
      await world.writeFiles({
        'kustomization.yaml': kustomizationFile({ resources: ['a.yaml'] }),
        'a.yaml': await encryptYaml(object, { dataKey, keys: { hc_vault: [key] }, ...objectRule }),
      });
    },
    spec: { decryption: { provider: 'sops', ...decryption } },
  },
  expect: expected,
});

/** For an agent with the gate ObjectLevelWorkloadIdentity and a --sops-vault-configmap (flux-compat 3.4). */
export const vaultRows = (vault: () => FakeVault): readonly ScenarioRow[] => [
  row(
    'the account of the Kustomization logs in with the role <namespace>_<account>',
    ({ address }) => address,
    vault,
    { serviceAccountName: 'other' },
    {
      ready: 'True',
      objects: opened,
      check: ({ namespace }) => {
        const wanted = `${namespace}_other as system:serviceaccount:${namespace}:other`;
        if (!vault().logins.includes(wanted)) throw new Error(vault().logins.join());
      },
    },
  ),
  row(
    '--default-decryption-service-account logs in where none is named',
    ({ address }) => address,
    vault,
    {},
    {
      ready: 'True',
      objects: opened,
      check: ({ namespace }) => {
        const wanted = `${namespace}_robot as system:serviceaccount:${namespace}:robot`;
        if (!vault().logins.includes(wanted)) throw new Error(vault().logins.join());
      },
    },
  ),
  row(
    'an account without a role is refused',
    ({ address }) => address,
    vault,
    { serviceAccountName: 'stranger' },
    {
      ready: { status: 'False', reason: 'BuildFailed', message: /login to Vault failed: status 403/ },
      objects: { 'v1/Secret/s': null },
    },
  ),
  row(
    'an address that the operator does not name gets no token',
    ({ address }) => address.replace('127.0.0.1', 'localhost'),
    vault,
    { serviceAccountName: 'other' },
    {
      ready: {
        status: 'False',
        reason: 'BuildFailed',
        message: /names no instance 'http:\/\/localhost:\d+'/,
      },
      objects: { 'v1/Secret/s': null },
    },
  ),
];
