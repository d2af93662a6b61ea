import { describe, expect, it } from 'vitest';
import type { KeyService } from '@flotilla/common/sops/key-service';
import {
  encryptFields,
  encryptJson,
  encryptYaml,
  newDataKey,
} from '@flotilla/common/sops/sops-encryptor.fixture';
import { emitYaml } from '@flotilla/common/yaml/emit';
import { parseObjects } from '@flotilla/common/yaml/objects';
import { decryptObjects } from './decrypt-objects.js';

const dataKey = newDataKey();
const keys = { age: [{ recipient: 'age1x', enc: 'x' }] };
const rule = { encrypted_regex: '^(data|stringData|spec)$' };
const isEncrypted = (path: readonly string[]): boolean => ['data', 'stringData', 'spec'].includes(path[0]!);
const services: KeyService[] = [{ canDecrypt: () => true, decrypt: () => Promise.resolve(dataKey) }];
const signal = new AbortController().signal;
const decrypt = (...documents: string[]): Promise<string> =>
  decryptObjects(documents.join('---\n'), { services, signal });

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'ns' } };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const encrypt = async (object: Record<string, unknown>): Promise<string> =>
  emitYaml(await encryptFields(object, { dataKey, keys, rule, isEncrypted }));

describe('decryptObjects (flux-compat 3.4)', () => {
  it('decrypts objects of any kind and leaves the text of the others as it is', async () => {
    const open = '# kept\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: open}\n';
    const custom = {
      apiVersion: 'example.com/v1',
      kind: 'Login',
      metadata: { name: 'c' },
      spec: { port: 8080, on: true },
    };
    const text = await decrypt(
      await encrypt({ ...secret, data: { a: base64('x') } }),
      open,
      await encrypt(custom),
    );
    expect(text.split('---\n')[1]).toBe(open);
    expect(parseObjects(text)).toEqual([
      { ...secret, data: { a: base64('x') } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'open' } },
      custom,
    ]);
  });

  it('decrypts values of Secrets, each in the format of its key', async () => {
    const json = await encryptJson({ a: 'x' }, { dataKey, keys });
    const yaml = await encryptYaml({ b: 'z' }, { dataKey, keys });
    const binary = await encryptJson({ data: 'bytes' }, { dataKey, keys });
    const data = {
      'app.yaml': base64(yaml),
      '.dockerconfigjson': base64(json),
      'converted.yaml': base64(json),
      file: base64(binary),
      open: base64('clear'),
      broken: 'no base64!',
    };
    const [decrypted] = parseObjects(await decrypt(emitYaml({ ...secret, data })));
    const values = Object.entries(decrypted!['data'] as Record<string, string>).map(([key, value]) => [
      key,
      key === 'broken' ? value : Buffer.from(value, 'base64').toString(),
    ]);
    expect(Object.fromEntries(values)).toEqual({
      'app.yaml': 'b: z\n',
      '.dockerconfigjson': '{\n\t"a": "x"\n}\n',
      'converted.yaml': 'a: x\n',
      file: 'bytes',
      open: 'clear',
      broken: 'no base64!',
    });
  });

  it.each(['disabled', 'Disabled'])('leaves an object with the annotation %s as it is', async (value) => {
    const annotations = { 'kustomize.toolkit.fluxcd.io/decrypt': value };
    const text = await encrypt({ ...secret, metadata: { name: 's', annotations }, data: { a: 'x' } });
    expect(await decrypt(text)).toBe(text);
  });

  it('leaves a field sops without a MAC to the guard of the apply', async () => {
    const text = emitYaml({ ...secret, sops: { version: '1' } });
    expect(await decrypt(text)).toBe(text);
  });

  it.each<[what: string, text: () => Promise<string>, message: string]>([
    [
      'an object',
      async () =>
        (await encrypt({ ...secret, data: { a: 'x' } }))

          .replace(/a: ENC.*/, 'a: clear'),
      "decryption failed for 'Secret.v1.[noGrp]/s': failed to decrypt and format 'ns/s' Secret data: error decrypting sops tree: Could not decrypt value at 'data.a'",
    ],
    [
      'a value of a Secret',
      async () =>
        emitYaml({
          ...secret,
          data: { 'a.json': base64((await encryptJson({ a: 'x' }, { dataKey, keys })).replace('{', '[')) },
        }),
      "decryption failed for 'Secret.v1.[noGrp]/s': failed to decrypt and format 'ns/s' Secret field 'a.json': failed to load encrypted JSON data",
    ],
  ])('names %s that cannot be decrypted', async (_what, text, message) => {
    await expect(decrypt(await text())).rejects.toThrow(message);
  });
});
