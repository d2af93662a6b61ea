import { createMessage, encrypt, generateKey } from 'openpgp';
import {
  encryptDotenv,
  encryptIni,
  encryptJson,
  encryptYaml,
  newDataKey,
} from '@flotilla/common/sops/sops-encryptor.fixture';
import { type AgePair, keysFor, newAgePair, objectRule } from '../../kustomization/decryption-rig.js';
import { kustomizationFile, secret } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import type { Expected, Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const decryption = { provider: 'sops', secretRef: { name: 'keys' } };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

type MakeFiles = (world: World, pair: AgePair) => Promise<Record<string, string>>;

/** Keys are new for each row. */
const row = (
  behaviour: string,
  makeFiles: MakeFiles,
  expected: Expected,
  more: Fields = {},
): ScenarioRow => ({
  section: '3.4',
  behaviour,
  given: {
    files: null,
    before: async (world) => {
      const pair = await newAgePair();
      const other = await newAgePair();
      const identity = more['wrongKey'] ? other.identity : pair.identity;
      const stringData = more['keys'] ?? { 'a.agekey': `# two keys\n${other.identity}\n${identity}\n` };
      await applyAs(world.kube, 'person', world.filled(secret('keys', { stringData })));
      await world.writeFiles(await makeFiles(world, pair));
    },
    spec: { decryption, ...(more['spec'] as Fields | undefined) },
  },
  expect: expected,
});

const encryptedObject = async (world: World, pair: AgePair, metadata: Fields = {}): Promise<string> => {
  const object = world.filled(secret('s', { stringData: { password: 'opened' } }, metadata));
  return await encryptYaml(object, { ...(await keysFor(pair)), ...objectRule });
};
const opened = { 'v1/Secret/s': { data: { password: base64('opened') } } };

const generator = kustomizationFile({
  namespace: '<ns>',
  generatorOptions: { disableNameSuffixHash: true },
  secretGenerator: [{ name: 's', files: ['app.json'], envs: ['vars.env'] }],
});

/** Encrypted files and objects (flux-compat 3.4). */
export const sopsRows: readonly ScenarioRow[] = [
  row(
    'an encrypted Secret is opened with an age key, one of several in a file with comments',
    async (world, pair) => ({ 'a.yaml': await encryptedObject(world, pair) }),
    { ready: 'True', objects: opened },
  ),
  row(
    'any object with a sops field is opened, not only Secrets',
    async (world, pair) => {
      const object = world.filled({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: '<ns>', name: 'c' },
        data: { x: 'opened' },
      });
      return { 'a.yaml': await encryptYaml(object, { ...(await keysFor(pair)), ...objectRule }) };
    },
    { ready: 'True', objects: { 'v1/ConfigMap/c': { data: { x: 'opened' } } } },
  ),
  row(
    'a value of a Secret that is an encrypted file is opened',
    async (world, pair) => {
      const value = await encryptJson({ token: 'opened' }, await keysFor(pair));
      return { 'a.yaml': JSON.stringify(world.filled(secret('s', { data: { 'app.json': base64(value) } }))) };
    },
    {
      ready: 'True',
      check: async (world) => {
        const { data } = (await world.read('v1/Secret/s')) as unknown as { data: Record<string, string> };
        const text = Buffer.from(data['app.json'] ?? '', 'base64').toString();
        if ((JSON.parse(text) as { token: string }).token !== 'opened') throw new Error(text);
      },
    },
  ),
  row(
    'files and envs of a secretGenerator are opened before the build',
    async (_, pair) => ({
      'kustomization.yaml': generator,
      'app.json': await encryptJson({ token: 'opened' }, await keysFor(pair)),
      'vars.env': await encryptDotenv([['PASSWORD', 'opened']], await keysFor(pair)),
    }),
    { ready: 'True', objects: { 'v1/Secret/s': { data: { PASSWORD: base64('opened') } } } },
  ),
  row(
    'json, ini and binary files of a secretGenerator are opened by the names of their keys',
    async (_, pair) => ({
      'kustomization.yaml': kustomizationFile({
        namespace: '<ns>',
        generatorOptions: { disableNameSuffixHash: true },
        secretGenerator: [{ name: 's', files: ['app.ini', 'cert', 'renamed.json=data.txt', 'plain.txt'] }],
      }),
      'app.ini': await encryptIni({ app: { password: 'opened' } }, await keysFor(pair)),
      cert: await encryptJson({ data: 'opened bytes' }, await keysFor(pair)),
      'data.txt': await encryptJson({ token: 'opened' }, await keysFor(pair)),
      'plain.txt': 'clear',
    }),
    {
      ready: 'True',
      check: async (world) => {
        const { data } = (await world.read('v1/Secret/s')) as unknown as { data: Record<string, string> };
        const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
        const all = ['app.ini', 'cert', 'renamed.json', 'plain.txt'].map(text);
        const wanted = [/^password\s*=\s*opened$/m, /^opened bytes$/, /"token": "opened"/, /^clear$/];
        if (wanted.some((pattern, index) => !pattern.test(all[index]!))) throw new Error(JSON.stringify(all));
      },
    },
  ),
  row(
    'a file of patches[].path is opened before the build',
    async (world, pair) => {
      const patch = world.filled(secret('s', { stringData: { password: 'opened' } }));
      return {
        'kustomization.yaml': kustomizationFile({ resources: ['a.yaml'], patches: [{ path: 'p.yaml' }] }),
        'a.yaml': JSON.stringify(world.filled(secret('s', { stringData: { password: 'none' } }))),
        'p.yaml': await encryptYaml(patch, { ...(await keysFor(pair)), ...objectRule }),
      };
    },
    { ready: 'True', objects: opened },
  ),
  row(
    'a label decrypt: disabled does not count, an annotation only',
    async (world, pair) => ({
      'a.yaml': await encryptedObject(world, pair, {
        labels: { 'kustomize.toolkit.fluxcd.io/decrypt': 'disabled' },
      }),
    }),
    { ready: 'True', objects: opened },
  ),
  {
    section: '1.2',
    behaviour: 'a labelled Secret of decryption.secretRef that changes starts a reconcile',
    given: {
      files: null,
      before: async (world) => {
        const [pair, other] = await Promise.all([newAgePair(), newAgePair()]);
        world.addNames({ identity: pair.identity });
        const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
        const keys = secret('keys', { stringData: { 'a.agekey': other.identity } }, { labels });
        await applyAs(world.kube, 'person', world.filled(keys));
        await world.writeFiles({ 'a.yaml': await encryptedObject(world, pair) });
      },
      spec: { decryption },
    },
    expect: { ready: 'False' },
    steps: [
      {
        edit: { 'v1/Secret/keys': { stringData: { 'a.agekey': '<identity>' } } },
        settles: false,
        expect: { ready: 'True', objects: opened },
      },
    ],
  },
  row(
    'an armored OpenPGP key opens what it is for',
    async (world) => {
      const { privateKey, publicKey } = await generateKey({ userIDs: [{ name: 'team' }], format: 'object' });
      await applyAs(
        world.kube,
        'person',
        world.filled(secret('keys', { stringData: { 'team.asc': privateKey.armor() } })),
      );
      const dataKey = newDataKey();
      const message = await createMessage({ binary: dataKey });
      const enc = await encrypt({ message, encryptionKeys: publicKey });
      const keys = {
        pgp: [{ created_at: '2026-01-01T00:00:00Z', enc, fp: publicKey.getFingerprint().toUpperCase() }],
      };
      const object = world.filled(secret('s', { stringData: { password: 'opened' } }));
      return { 'a.yaml': await encryptYaml(object, { dataKey, keys, ...objectRule }) };
    },
    { ready: 'True', objects: opened },
  ),
  row(
    'clear text is left alone',
    async (world) => ({
      'a.yaml': JSON.stringify(world.filled(secret('s', { stringData: { password: 'opened' } }))),
    }),
    { ready: 'True', objects: opened },
  ),
  row(
    'the MAC is not verified: clear parts may be edited',
    async (world, pair) => ({
      'a.yaml': (await encryptedObject(world, pair, { labels: { color: 'blue' } })).replace('blue', 'green'),
    }),
    { ready: 'True', objects: { 'v1/Secret/s': { metadata: { labels: { color: 'green' } } } } },
  ),
  row(
    'decrypt: disabled leaves the object as it is, and the guard lets it pass',
    async (world, pair) => ({
      'a.yaml': await encryptedObject(world, pair, {
        annotations: { 'kustomize.toolkit.fluxcd.io/decrypt': 'disabled' },
      }),
    }),
    {
      check: async (world) => {
        const found = JSON.stringify(await world.read('v1/Secret/s'));
        if (found.includes(base64('opened'))) throw new Error(found);
      },
      conditions: { Stalled: null },
    },
  ),
  row(
    'a key that does not fit is an error that names the object',
    async (world, pair) => ({ 'a.yaml': await encryptedObject(world, pair) }),
    {
      ready: { status: 'False', reason: 'BuildFailed', message: /^decryption failed for '.*Secret.*\/s/ },
      objects: { 'v1/Secret/s': null },
    },
    { wrongKey: true },
  ),
  row(
    'a key Secret that does not exist is an error',
    async (world, pair) => ({ 'a.yaml': await encryptedObject(world, pair) }),
    {
      ready: { status: 'False', message: /secrets "gone" not found/ },
    },
    { spec: { decryption: { provider: 'sops', secretRef: { name: 'gone' } } } },
  ),
  row(
    'without decryption an encrypted Secret is not applied',
    async (world, pair) => ({ 'a.yaml': await encryptedObject(world, pair) }),
    {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message:
          /^Secret\/<ns>\/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled/,
      },
      objects: { 'v1/Secret/s': null },
    },
    { spec: { decryption: undefined } },
  ),
  row(
    'substitution works on what was decrypted',
    async (world, pair) => {
      const object = world.filled(secret('s', { stringData: { password: '${word}' } }));
      return { 'a.yaml': await encryptYaml(object, { ...(await keysFor(pair)), ...objectRule }) };
    },
    { ready: 'True', objects: opened },
    { spec: { postBuild: { substitute: { word: 'opened' } } } },
  ),
];
