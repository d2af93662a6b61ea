import { describe, expect, it } from 'vitest';
import { decryptDocument, decryptFields } from './decrypt-document.js';
import type { SopsFormat } from './formats/format.js';
import type { KeyService } from './key-service.js';
import {
  encryptDotenv,
  encryptFields,
  encryptIni,
  encryptJson,
  encryptText,
  encryptYaml,
  newDataKey,
  type EncryptOptions,
} from './sops-encryptor.fixture.js';

const dataKey = newDataKey();
const keys = { age: [{ recipient: 'age1x', enc: 'x' }] };
const options: EncryptOptions = { dataKey, keys };
const services: KeyService[] = [{ canDecrypt: () => true, decrypt: () => Promise.resolve(dataKey) }];
const signal = new AbortController().signal;

async function decrypt(text: string, from: SopsFormat, to: SopsFormat = from): Promise<string> {
  return (await decryptDocument(Buffer.from(text), { from, to }, { services, signal })).toString();
}

const everything = {
  zeta: 'first',
  10: 'ten',
  9: 'nine',
  list: ['a', { b: 1, c: [true, false] }, ['nested'], []],
  number: 42,
  fraction: 0.5,
  yes: true,
  nothing: null,
  empty: '',
  none: {},
  text: 'two\nlines\n',
  plain_unencrypted: { name: 'open', port: 80 },
};

describe('decryptDocument (flux-compat 3.4)', () => {
  it('YAML: every type, keys in their order, in the layout of SOPS', async () => {
    const encrypted = await encryptYaml(everything, options);
    expect(encrypted).not.toMatch(/first|nested|lines/);
    expect(await decrypt(encrypted, 'yaml')).toBe(
      [
        '"9": nine',
        '"10": ten',
        'zeta: first',
        'list:',
        '    - a',
        '    - b: 1',
        '      c:',
        '        - true',
        '        - false',
        '    - - nested',
        '    - []',
        'number: 42',
        'fraction: 0.5',
        '"yes": true',
        'nothing: null',
        'empty: ""',
        'none: {}',
        'text: |',
        '    two',
        '    lines',
        'plain_unencrypted:',
        '    name: open',
        '    port: 80',
        '',
      ].join('\n'),
    );
  });

  it('JSON: indented by tabs, with the escapes of Go', async () => {
    const encrypted = await encryptJson({ b: ['<a&b>', 1.5], a: { c: null, d: {}, e: [] } }, options);
    expect(await decrypt(encrypted, 'json')).toBe(
      '{\n\t"b": [\n\t\t"\\u003ca\\u0026b\\u003e",\n\t\t1.5\n\t],\n\t"a": {\n\t\t"c": null,\n\t\t"d": {},\n\t\t"e": []\n\t}\n}\n',
    );
  });

  it('dotenv: comments and line breaks', async () => {
    const encrypted = await encryptDotenv(
      [' why', ['USER', 'me'], ['KEY', 'a\nb=c'], ['EMPTY', '']],
      options,
    );
    expect(encrypted).toContain('sops_mac=ENC[');
    expect(await decrypt(encrypted, 'dotenv')).toBe('# why\nUSER=me\nKEY=a\\nb=c\nEMPTY=\n');
  });

  it('INI: sections, aligned signs, quotes where they are needed', async () => {
    const encrypted = await encryptIni(
      { db: { user: 'me', 'long-name': 'a;b' }, web: { text: 'a\nb' } },
      options,
    );
    expect(await decrypt(encrypted, 'ini')).toBe(
      '[db]\nuser      = me\nlong-name = `a;b`\n\n[web]\ntext = """a\nb"""\n',
    );
  });

  it('binary: the bytes as they were', async () => {
    const bytes = Buffer.from([0, 255, 10, 128]);
    const data = await encryptText(bytes, 'str', dataKey, 'data:');
    const { sops } = await encryptFields({}, options);
    const content = Buffer.from(JSON.stringify({ data, sops }));
    const decrypted = await decryptDocument(content, { from: 'binary', to: 'binary' }, { services, signal });
    expect(decrypted).toEqual(bytes);
  });

  it('several YAML documents with the metadata of the first one', async () => {
    const one = await encryptYaml({ a: 'x' }, options);
    const two = await encryptYaml({ b: 'z' }, options);
    expect(await decrypt(`${one}\n---\n${two}\n`, 'yaml')).toBe('a: x\n---\nb: z\n');
  });

  it('encrypted comments, at their places', async () => {
    const comment = async (text: string, path: string): Promise<string> =>
      `#${await encryptText(text, 'comment', dataKey, path)}`;
    const { sops } = await encryptFields({}, options);
    const lines = [
      await comment(' top', ':'),
      `a: ${await encryptText('1', 'str', dataKey, 'a:')}`,
      'b:',
      `    ${await comment(' inner', 'b:')}`,
      `    c: ${await encryptText('2', 'str', dataKey, 'b:c:')}`,
      `    ${await comment(' foot', 'b:')}`,
      await comment(' before d', ':'),
      'd:',
      `    ${await comment(' item', 'd:')}`,
      `    - ${await encryptText('3', 'str', dataKey, 'd:')}`,
      '# never encrypted',
      `sops: ${JSON.stringify(sops)}`,
    ];
    expect(await decrypt(lines.join('\n'), 'yaml')).toBe(
      '# top\na: "1"\nb:\n    # inner\n    c: "2"\n    # foot\n# before d\nd:\n    # item\n    - "3"\n# never encrypted\n',
    );
  });

  it.each<[rule: Record<string, string>, isEncrypted: (path: readonly string[]) => boolean]>([
    [
      { encrypted_regex: '^(data|stringData)$' },
      (path) => path.some((key) => /^(data|stringData)$/.test(key)),
    ],
    [
      { unencrypted_regex: '^(kind|apiVersion|metadata)$' },
      (path) => path[0] === 'data' || path[0] === 'stringData',
    ],
    [{ encrypted_suffix: 'ata' }, (path) => path.some((key) => key.endsWith('ata'))],
    [{ unencrypted_suffix: 'n' }, (path) => !path.some((key) => key.endsWith('n'))],
  ])('leaves what %j leaves open, also when it was edited', async (rule, isEncrypted) => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      data: { password: 'c2VjcmV0' },
    };
    const encrypted = await encryptYaml(secret, { dataKey, keys, rule, isEncrypted });
    const edited = encrypted.replace('"v1"', '"v2"');
    const isOpen = encrypted.includes('"v1"');
    expect(await decrypt(edited, 'yaml')).toContain(`apiVersion: ${isOpen ? 'v2' : 'v1'}\nkind: Secret`);
    expect(await decrypt(edited, 'yaml')).toContain('password: c2VjcmV0');
  });

  it.each<[from: SopsFormat, to: SopsFormat, text: () => Promise<string>, output: string]>([
    ['json', 'yaml', () => encryptJson({ a: 'x' }, options), 'a: x\n'],
    ['yaml', 'json', () => encryptYaml({ a: [1] }, options), '{\n\t"a": [\n\t\t1\n\t]\n}\n'],
    ['json', 'binary', () => encryptJson({ data: 'whole' }, options), 'whole'],
    ['dotenv', 'json', () => encryptDotenv([['A', 'b']], options), '{\n\t"A": "b"\n}\n'],
    ['yaml', 'dotenv', () => encryptYaml({ A: 1, B: true }, options), 'A=1\nB=true\n'],
  ])('writes %s as %s', async (from, to, text, output) => {
    expect(await decrypt(await text(), from, to)).toBe(output);
  });

  it('tells every decrypted value, and no other', async () => {
    const told: unknown[] = [];
    const text = await encryptJson({ a: 'secret', b_unencrypted: 'open', c: [7] }, options);
    await decryptDocument(
      Buffer.from(text),
      { from: 'json', to: 'json' },
      {
        services,
        signal,
        onClear: (value) => told.push(value),
      },
    );
    expect(told).toEqual(['secret', 7]);
  });

  it.each<
    [what: string, text: () => Promise<string> | string, from: SopsFormat, to: SopsFormat, message: string]
  >([
    [
      'no metadata',
      () => 'a: b',
      'yaml',
      'yaml',
      'failed to load encrypted YAML data: sops metadata not found',
    ],
    ['broken YAML', () => 'a: [', 'yaml', 'yaml', 'failed to load encrypted YAML data: invalid YAML in line'],
    [
      'broken JSON',
      () => '{"a": x}',
      'json',
      'json',
      'failed to load encrypted JSON data: invalid JSON in line 1',
    ],
    ['a list', () => '[]', 'json', 'json', 'SOPS only supports JSON files with an object at the top'],
    [
      'INI without metadata',
      () => '[a]\nb = c',
      'ini',
      'ini',
      'failed to load encrypted INI data: sops metadata not found',
    ],
    [
      'a list as dotenv',
      () => encryptYaml({ a: [1] }, options),
      'yaml',
      'dotenv',
      "failed to emit encrypted YAML file as decrypted dotenv: cannot use complex value in dotenv file: 'a'",
    ],
    [
      'a document without data as binary',
      () => encryptYaml({ a: 'x' }, options),
      'yaml',
      'binary',
      'failed to emit encrypted YAML file as decrypted binary: no binary data found in tree',
    ],
    [
      'a value that was added in clear text',
      async () => (await encryptJson({ a: 'x' }, options)).replace('{', '{"b": {"c": "clear"},'),
      'json',
      'json',
      "error decrypting sops tree: Could not decrypt value at 'b.c': the value is not in SOPS' data format",
    ],
    [
      'a number that was added in clear text',
      async () => (await encryptJson({ a: 'x' }, options)).replace('{', '{"b": 1,'),
      'json',
      'json',
      "error decrypting sops tree: Could not decrypt value at 'b': the value is not encrypted",
    ],
  ])('refuses %s', async (_what, text, from, to, message) => {
    await expect(decrypt(await text(), from, to)).rejects.toThrow(message);
  });
});

describe('decryptFields', () => {
  it('decrypts an object and removes its metadata', async () => {
    const object = { kind: 'Secret', data: { a: 'x' }, list: [1, 2.5, null] };
    expect(await decryptFields(await encryptFields(object, options), { services, signal })).toEqual(object);
  });
});
