import { armor, Encrypter } from 'age-encryption';
import { encryptYaml, newDataKey, splitSecret } from '@flotilla/common/sops/sops-encryptor.fixture';
import { type AgePair, keysFor, newAgePair, objectRule } from '../../kustomization/decryption-rig.js';
import { kustomizationFile, secret } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import type { Expected, Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const limit = 5 * 1024 * 1024;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const opened: Expected = {
  ready: 'True',
  objects: { 'v1/Secret/s': { data: { password: base64('opened') } } },
};
const spec = { decryption: { provider: 'sops', secretRef: { name: 'keys' } } };

async function seal({ recipient }: AgePair, part: Uint8Array): Promise<Fields> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return { age: [{ recipient, enc: armor.encode(await encrypter.encrypt(part)) }] };
}

/** A Secret whose data key is split over the groups of three people; the agent has the keys of some. */
const shamirRow = (behaviour: string, held: readonly number[], expected: Expected): ScenarioRow => ({
  section: '3.4',
  behaviour: `key groups: ${behaviour}`,
  given: {
    files: null,
    before: async (world) => {
      const pairs = await Promise.all([newAgePair(), newAgePair(), newAgePair()]);
      const dataKey = newDataKey();
      const parts = splitSecret(dataKey, 3, 2);
      const groups = await Promise.all(pairs.map((pair, index) => seal(pair, parts[index]!)));
      const keys = { key_groups: groups, shamir_threshold: 2 };
      const object = world.filled(secret('s', { stringData: { password: 'opened' } }));
      await putKeys(world, held.map((index) => pairs[index]!.identity).join('\n'));
      await world.writeFiles({ 'a.yaml': await encryptYaml(object, { dataKey, keys, ...objectRule }) });
    },
    spec,
  },
  expect: expected,
});

const putKeys = (world: World, identities: string) =>
  applyAs(world.kube, 'person', world.filled(secret('keys', { stringData: { 'a.agekey': identities } })));

/** A generated Secret from one file of this size. */
const sizeRow = (behaviour: string, size: number, expected: Expected): ScenarioRow => ({
  section: '3.4',
  behaviour,
  given: {
    files: null,
    before: async (world) => {
      const pair = await newAgePair();
      await putKeys(world, pair.identity);
      const patch = world.filled(secret('s', { stringData: { password: 'opened' } }));
      const text = await encryptYaml(patch, { ...(await keysFor(pair)), ...objectRule });
      const filler = `# ${'x'.repeat(size - Buffer.byteLength(text) - 3)}\n`;
      await world.writeFiles({
        'kustomization.yaml': kustomizationFile({ resources: ['a.yaml'], patches: [{ path: 'p.yaml' }] }),
        'a.yaml': JSON.stringify(world.filled(secret('s', { stringData: { password: 'none' } }))),
        'p.yaml': filler + text,
      });
    },
    spec,
  },
  expect: expected,
});

/** Keys in parts, and how large an encrypted file may be (flux-compat 3.4). */
export const keyRows: readonly ScenarioRow[] = [
  shamirRow('as many as the threshold says open the document', [0, 2], opened),
  shamirRow('one fewer does not', [1], {
    ready: { status: 'False', reason: 'BuildFailed', message: /^decryption failed for '.*Secret.*\/s/ },
    objects: { 'v1/Secret/s': null },
  }),
  sizeRow('a file of 5 MiB is decrypted', limit, opened),
  sizeRow('a file of one byte more is refused', limit + 1, {
    ready: {
      status: 'False',
      reason: 'BuildFailed',
      message: `error decrypting sources: p.yaml: cannot decrypt file with size (${limit + 1} bytes) exceeding limit (${limit})`,
    },
    objects: { 'v1/Secret/s': null },
  }),
];
