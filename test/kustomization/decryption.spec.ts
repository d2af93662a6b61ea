import { createServer, type Server } from 'node:http';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createMessage, encrypt, generateKey, readKey } from 'openpgp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '@flotilla/agent/runtime/logger';
import {
  encryptDotenv,
  encryptFields,
  encryptIni,
  encryptJson,
  encryptYaml,
  newDataKey,
} from '@flotilla/common/sops/sops-encryptor.fixture';
import {
  dataOf,
  decryption,
  keysFor,
  newAgePair,
  objectRule,
  putKeys,
  type AgePair,
} from './decryption-rig.js';
import { KustomizationRig, ready, type Files } from './kustomization-rig.js';

/** Stands in every decrypted value; nothing that the agent leaves behind may hold it. */
const marker = 'pl4in-0f-4ll-7hings';

let rig: KustomizationRig;
let team: AgePair;
const logLines: string[] = [];

const startLogged = (options = {}): Promise<unknown> =>
  rig.startController(options, undefined, {
    logger: createLogger({ level: 'trace', now: () => Date.now(), write: (line) => logLines.push(line) }),
    watchesConfigs: true,
  });

beforeAll(async () => {
  [rig, team] = await Promise.all([KustomizationRig.start(), newAgePair()]);
  await startLogged({ sopsAgeSecret: 'for-everybody', runtimeNamespace: 'default' });
});
afterAll(() => rig.stop());

/** Everything that the agent has written down: its folders, its log, its events and the status. */
afterEach(async () => {
  // A build may be under way: its folder is the one place for clear text, and goes with it.
  await expect.poll(() => filesBelow(path.join(rig.folder, 'work'))).toEqual([]);
  expect(filesBelow(rig.folder).filter((file) => readFileSync(file).includes(marker))).toEqual([]);
  expect(logLines.join('\n')).not.toContain(marker);
  expect(JSON.stringify(rig.events)).not.toContain(marker);
  const kustomizations = await rig.client.list({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
  });
  expect(JSON.stringify(kustomizations)).not.toContain(marker);
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

const secretObject = (namespace: string, name: string, stringData: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name },
  stringData,
});

async function encryptedSecret(namespace: string, name: string, pair = team): Promise<string> {
  const options = { ...(await keysFor(pair)), ...objectRule };
  return encryptYaml(secretObject(namespace, name, { password: `${marker}-${name}` }), options);
}

async function prepared(files: (namespace: string) => Promise<Files>): Promise<string> {
  const namespace = await rig.namespace();
  await putKeys(rig, namespace, { 'team.agekey': `# of the team\n${team.identity}\n` });
  await rig.publish(namespace, 'fleet', 'main@sha1:1', await files(namespace));
  return namespace;
}

describe('decryption (flux-compat 3.4)', () => {
  it('opens objects and values of Secrets after the build, and substitutes in what it found', async () => {
    const ns = await prepared(async (namespace) => {
      const options = await keysFor(team);
      const value = await encryptYaml({ zeta: marker, alpha: [1, true] }, options);
      const data = { 'app.yaml': Buffer.from(value).toString('base64') };
      const { sops: _sops, ...open } = await encryptFields({ kind: 'x' }, options);
      expect(open).not.toHaveProperty('sops');
      const template = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace, name: 'map' },
        data: { a: '${who}' },
      };
      return {
        'secret.yaml': await encryptedSecret(namespace, 'login'),
        'values.yaml': JSON.stringify({ ...secretObject(namespace, 'values', {}), data }),
        'map.yaml': await encryptYaml(template, { ...options, ...objectRule }),
      };
    });
    await rig.kustomization(ns, 'objects', { decryption, postBuild: { substitute: { who: 'world' } } });
    await rig.untilReady(ns, 'objects', 'main@sha1:1');

    expect(await dataOf(rig, ns, 'login')).toEqual({ password: `${marker}-login` });
    expect(await dataOf(rig, ns, 'values')).toEqual({
      'app.yaml': `zeta: ${marker}\nalpha:\n    - 1\n    - true\n`,
    });
    expect((await rig.get('v1', 'ConfigMap', ns, 'map'))?.['data']).toEqual({ a: 'world' });
  });

  it('opens sources of generators and patches before the build, also in bases and components', async () => {
    const ns = await prepared(async (namespace) => {
      const options = await keysFor(team);
      const patch = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'map' },
        data: { token: marker },
      };
      return {
        'web/kustomization.yaml': [
          'resources: [../base]',
          'components: [../part]',
          'generatorOptions: {disableNameSuffixHash: true}',
          'secretGenerator:',
          '- name: web',
          '  envs: [vars.env]',
          '  files: [app.yaml, db.ini, key.json=renamed, whole.bin, open.txt]',
          'patches:',
          '- path: patch.yaml',
          '  target: {kind: ConfigMap}',
        ].join('\n'),
        'web/vars.env': await encryptDotenv(
          [' comment', ['USER', 'me'], ['PASSWORD', `${marker} = x`]],
          options,
        ),
        'web/app.yaml': await encryptYaml({ b: marker, a: { c: 1 } }, options),
        'web/db.ini': await encryptIni({ db: { password: marker } }, options),
        'web/renamed': await encryptJson({ key: marker }, options),
        'web/whole.bin': await encryptJson({ data: `${marker}\n` }, options),
        'web/open.txt': 'open',
        'web/patch.yaml': await encryptYaml(patch, { ...options, ...objectRule }),
        'base/kustomization.yaml':
          'resources: [map.yaml]\nsecretGenerator: [{name: base, envs: [base.env]}]\n',
        'base/map.yaml': JSON.stringify({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { namespace, name: 'map' },
        }),
        'base/base.env': await encryptDotenv([['A', marker]], options),
        'part/kustomization.yaml':
          'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nsecretGenerator: [{name: part, envs: [p.env]}]\n',
        'part/p.env': await encryptDotenv([['B', marker]], options),
      };
    });
    await rig.kustomization(ns, 'sources', { path: './web', targetNamespace: ns, decryption });
    const { status } = await rig.untilReady(ns, 'sources', 'main@sha1:1');

    expect(await dataOf(rig, ns, 'web')).toEqual({
      USER: 'me',
      PASSWORD: `${marker} = x`,
      'app.yaml': `b: ${marker}\na:\n    c: 1\n`,
      'db.ini': `[db]\npassword = ${marker}\n`,
      'key.json': `{\n\t"key": "${marker}"\n}\n`,
      'whole.bin': `${marker}\n`,
      'open.txt': 'open',
    });
    expect((await rig.get('v1', 'ConfigMap', ns, 'map'))?.['data']).toEqual({ token: marker });
    const names = status?.inventory?.entries.map(({ id }) => id.split('_')[1]) ?? [];
    expect(names.some((name) => name?.startsWith('base-'))).toBe(true);
    const [base] = names.filter((name) => name?.startsWith('base-'));
    expect(await dataOf(rig, ns, base!)).toEqual({ A: marker });
  });

  it('corrects drift from the kept build without another one, and after a restart builds again', async () => {
    const ns = await prepared(async () => ({
      'kustomization.yaml':
        'generatorOptions: {disableNameSuffixHash: true}\nsecretGenerator: [{name: kept, envs: [a.env]}]\n',
      'a.env': await encryptDotenv([['A', marker]], await keysFor(team)),
    }));
    await rig.kustomization(ns, 'kept', { targetNamespace: ns, decryption });
    await rig.untilReady(ns, 'kept', 'main@sha1:1');
    const edit = async (): Promise<void> => {
      await rig.client.patch(
        { apiVersion: 'v1', kind: 'Secret', namespace: ns, name: 'kept' },
        { type: 'merge', body: { data: { A: Buffer.from('edited').toString('base64') } } },
      );
      await expect.poll(() => dataOf(rig, ns, 'kept'), { timeout: 10_000 }).toEqual({ A: marker });
    };
    const builds = rig.builds;
    await edit();
    expect(rig.builds).toBe(builds);

    await rig.stopController();
    await startLogged({ sopsAgeSecret: 'for-everybody', runtimeNamespace: 'default' });
    await edit();
    expect(rig.builds).toBe(builds + 1);
  });

  it('leaves an object with the annotation alone, which then the API server judges', async () => {
    const ns = await prepared(async (namespace) => {
      const annotations = { 'kustomize.toolkit.fluxcd.io/decrypt': 'Disabled' };
      const metadata = { namespace, name: 'sealed', annotations };
      const options = { ...(await keysFor(team)), ...objectRule };
      return { 'a.yaml': await encryptYaml({ ...secretObject('', '', { a: marker }), metadata }, options) };
    });
    await rig.kustomization(ns, 'disabled', { decryption });
    await rig.untilReady(ns, 'disabled', 'main@sha1:1');
    expect((await dataOf(rig, ns, 'sealed'))?.['a']).toMatch(/^ENC\[/);
  });

  it('takes age identities from --sops-age-secret where no Secret is named', async () => {
    await putKeys(
      rig,
      'default',
      { 'all.agekey': team.identity, 'x.asc': 'ignored' },
      { name: 'for-everybody' },
    );
    const ns = await prepared(async (namespace) => ({
      'a.yaml': await encryptedSecret(namespace, 'global'),
    }));
    await rig.kustomization(ns, 'global', { decryption: { provider: 'sops' } });
    await rig.untilReady(ns, 'global', 'main@sha1:1');
    expect(await dataOf(rig, ns, 'global')).toEqual({ password: `${marker}-global` });
  });

  it('needs spec.decryption for an encrypted Secret', async () => {
    const ns = await prepared(async (namespace) => ({
      'a.yaml': await encryptedSecret(namespace, 'guarded'),
    }));
    await rig.kustomization(ns, 'guard');
    const object = await rig.untilReason(ns, 'guard', 'ReconciliationFailed');
    expect(ready(object)?.message).toBe(
      `Secret/${ns}/guarded is SOPS encrypted, configuring decryption is required for this secret to be reconciled`,
    );
  });
});

describe('keys', () => {
  it('open with OpenPGP, and with the transit engine of Vault', async () => {
    const token = 's.v4ult';
    const seen: Array<[path: string, token: unknown]> = [];
    const dataKey = newDataKey();
    const vault = createServer((request, response) => {
      seen.push([request.url ?? '', request.headers['x-vault-token']]);
      response.end(JSON.stringify({ data: { plaintext: Buffer.from(dataKey).toString('base64') } }));
    });
    await listen(vault);
    const vaultKey = {
      vault_address: `http://127.0.0.1:${(vault.address() as AddressInfo).port}`,
      engine_path: 'sops',
      key_name: 'team',
      enc: 'vault:v1:x',
    };
    const pgp = await generateKey({
      userIDs: [{ name: 'team' }],
      type: 'rsa',
      rsaBits: 2048,
      format: 'armored',
    });
    const publicKey = await readKey({ armoredKey: pgp.publicKey });
    const enc = await encrypt({
      message: await createMessage({ binary: dataKey }),
      encryptionKeys: publicKey,
    });
    const fp = publicKey.getFingerprint().toUpperCase();

    const ns = await prepared(async (namespace) => ({
      'pgp.yaml': await encryptYaml(secretObject(namespace, 'pgp', { a: marker }), {
        dataKey,
        keys: { pgp: [{ fp, enc }] },
        ...objectRule,
      }),
      'vault.yaml': await encryptYaml(secretObject(namespace, 'vault', { a: marker }), {
        dataKey,
        keys: { hc_vault: [vaultKey] },
        ...objectRule,
      }),
    }));
    await putKeys(rig, ns, { 'team.asc': pgp.privateKey, 'sops.vault-token': `${token}\n` });
    await rig.kustomization(ns, 'pgp-and-vault', { decryption });
    await rig.untilReady(ns, 'pgp-and-vault', 'main@sha1:1');
    vault.close();

    expect([await dataOf(rig, ns, 'pgp'), await dataOf(rig, ns, 'vault')]).toEqual([
      { a: marker },
      { a: marker },
    ]);
    expect(seen).toEqual([['/v1/sops/decrypt/team', token]]);
    expect(logLines.join('\n')).not.toContain(token);
  });

  it('that change in a watched Secret wake those that use it', async () => {
    const stranger = await newAgePair();
    const ns = await prepared(async (namespace) => ({ 'a.yaml': await encryptedSecret(namespace, 'woken') }));
    const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
    await putKeys(rig, ns, { 'team.agekey': stranger.identity }, { labels });
    await rig.kustomization(ns, 'woken', { decryption });
    await rig.untilReason(ns, 'woken', 'BuildFailed');

    await putKeys(rig, ns, { 'team.agekey': team.identity }, { labels });
    await rig.untilReady(ns, 'woken', 'main@sha1:1');
    expect(await dataOf(rig, ns, 'woken')).toEqual({ password: `${marker}-woken` });
  });

  it('that change are noticed at the next interval: what they opened before is not used again', async () => {
    const stranger = await newAgePair();
    const ns = await prepared(async () => ({
      'kustomization.yaml': 'secretGenerator: [{name: a, envs: [a.env]}]\n',
      'a.env': await encryptDotenv([['A', marker]], await keysFor(team)),
    }));
    await rig.kustomization(ns, 'rotated', { targetNamespace: ns, decryption });
    await rig.untilReady(ns, 'rotated', 'main@sha1:1');

    await putKeys(rig, ns, { 'team.agekey': stranger.identity });
    await rig.request(ns, 'rotated');
    const object = await rig.untilReason(ns, 'rotated', 'BuildFailed');
    expect(ready(object)?.message).toContain('error decrypting sources: a.env: cannot get sops data key: ');
  });
});

describe('failures', () => {
  it.each<
    [
      what: string,
      files: (namespace: string, stranger: AgePair) => Promise<Files>,
      keys: Record<string, string> | undefined,
      message: (namespace: string, stranger: AgePair) => string | RegExp,
    ]
  >([
    [
      'an object for somebody else',
      async (namespace, stranger) => ({ 'a.yaml': await encryptedSecret(namespace, 'foreign', stranger) }),
      undefined,
      (namespace, { recipient }) =>
        `decryption failed for 'Secret.v1.[noGrp]/foreign': failed to decrypt and format '${namespace}/foreign' Secret data: cannot get sops data key: Failed to get the data key required to decrypt the SOPS file: none of the master keys could decrypt the data key.\n\nGroup 0: FAILED\n  ${recipient}: FAILED\n    - | failed to decrypt sops data key with age: no identity matched any of the file's recipients`,
    ],
    [
      'a source for somebody else',
      async (_namespace, stranger) => ({
        'kustomization.yaml': 'secretGenerator: [{name: a, envs: [a.env]}]\n',
        'a.env': await encryptDotenv([['A', marker]], await keysFor(stranger)),
      }),
      undefined,
      () => /^error decrypting sources: a\.env: cannot get sops data key: /,
    ],
    [
      'a Secret that is not there',
      async (namespace) => ({ 'a.yaml': await encryptedSecret(namespace, 'x') }),
      {},
      () => 'secrets "missing" not found',
    ],
    [
      'keys that are none',
      async (namespace) => ({ 'a.yaml': await encryptedSecret(namespace, 'x') }),
      { 'team.agekey': 'AGE-SECRET-KEY-1BROKEN' },
      (namespace) =>
        `failed to import 'team.agekey' data from sops decryption Secret '${namespace}/keys': failed to parse and add to age identities: line 1 is a damaged age identity`,
    ],
    [
      'a decrypted patch that kustomize cannot read',
      async (namespace) => ({
        'kustomization.yaml':
          'resources: [map.yaml]\npatches: [{path: patch.yaml, target: {kind: ConfigMap}}]\n',
        'map.yaml': JSON.stringify({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { namespace, name: 'map' },
          data: { a: 'b' },
        }),
        'patch.yaml': await encryptYaml(
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'map' }, data: marker },
          { ...(await keysFor(team)), ...objectRule },
        ),
      }),
      undefined,
      () =>
        'kustomize build failed: the message of kustomize quotes decrypted content and is withheld; build the decrypted files where they may be seen to read it',
    ],
  ])('%s is BuildFailed with a text that says what to do', async (what, files, keys, message) => {
    const stranger = await newAgePair();
    const ns = await prepared((namespace) => files(namespace, stranger));
    const isMissing = keys !== undefined && Object.keys(keys).length === 0;
    if (keys && !isMissing) await putKeys(rig, ns, keys);
    const secretRef = { name: isMissing ? 'missing' : 'keys' };
    const name = what.replaceAll(' ', '-').toLowerCase();
    await rig.kustomization(ns, name, { decryption: { provider: 'sops', secretRef } });
    const object = await rig.untilReason(ns, name, 'BuildFailed');

    const expected = message(ns, stranger);
    if (typeof expected === 'string') expect(ready(object)?.message).toBe(expected);
    else expect(ready(object)?.message).toMatch(expected);
  });
});

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
