// Encrypts documents for tests. It shares nothing with the code that decrypts: other cryptography (Web Crypto), another
// walk, other writers, other arithmetic for Shamir's shares.
import { createHash, randomBytes, webcrypto } from 'node:crypto';

type Fields = Readonly<Record<string, unknown>>;

export interface EncryptOptions {
  dataKey: Uint8Array;
  /** Who can decrypt the data key, as the fields of the metadata: `age`, `pgp`, `key_groups` … */
  keys: Fields;
  /** The rule as a field of the metadata, e.g. `encrypted_regex`. */
  rule?: Fields;
  /** What the rule says; the path holds keys alone. Default: the default rule. */
  isEncrypted?: (path: readonly string[]) => boolean;
}

const lastModified = '2024-05-01T10:00:00Z';

export function newDataKey(): Uint8Array {
  return Uint8Array.from(randomBytes(32));
}

/** `ENC[…]` of a text of any SOPS type. */
export async function encryptText(
  text: string | Uint8Array,
  type: string,
  dataKey: Uint8Array,
  additionalData: string,
): Promise<string> {
  const iv = randomBytes(32);
  const key = await webcrypto.subtle.importKey('raw', dataKey, 'AES-GCM', false, ['encrypt']);
  const options = { name: 'AES-GCM', iv, additionalData: Buffer.from(additionalData), tagLength: 128 };
  const sealed = Buffer.from(await webcrypto.subtle.encrypt(options, key, Buffer.from(text)));
  const parts = [sealed.subarray(0, -16), iv, sealed.subarray(-16)].map((part) => part.toString('base64'));
  return `ENC[AES256_GCM,data:${parts[0]},iv:${parts[1]},tag:${parts[2]},type:${type}]`;
}

/** A JSON document. `binary` is `{ data: content }`. */
export async function encryptJson(document: Fields, options: EncryptOptions): Promise<string> {
  return JSON.stringify(await encryptFields(document, options), null, 1);
}

/** A YAML document in block style. */
export async function encryptYaml(document: Fields, options: EncryptOptions): Promise<string> {
  return blockLines(await encryptFields(document, options), '').join('\n');
}

/** Lines of `key=value`; comments begin with `#`. */
export async function encryptDotenv(
  entries: ReadonlyArray<readonly [string, string] | string>,
  options: EncryptOptions,
): Promise<string> {
  const lines: string[] = [];
  for (const entry of entries) {
    if (typeof entry === 'string') {
      lines.push(`#${await encryptText(entry, 'comment', options.dataKey, ':')}`);
      continue;
    }
    const [key, value] = entry;
    lines.push(`${key}=${await encryptScalar(value, [key], options)}`);
  }
  const metadata = flatten(await metadataOf('', options));
  return `${[...lines, ...metadata.map(([key, value]) => `sops_${key}=${value}`)].join('\n')}\n`;
}

export async function encryptIni(
  sections: Readonly<Record<string, Readonly<Record<string, string>>>>,
  options: EncryptOptions,
): Promise<string> {
  const lines: string[] = [];
  for (const [section, keys] of Object.entries(sections)) {
    lines.push(`[${section}]`);
    for (const [key, value] of Object.entries(keys)) {
      lines.push(`${key} = ${await encryptScalar(value, [section, key], options)}`);
    }
    lines.push('');
  }
  const metadata = flatten(await metadataOf('', options));
  return [...lines, '[sops]', ...metadata.map(([key, value]) => `${key} = ${value}`), ''].join('\n');
}

/** The document with encrypted values and a `sops` field. */
export async function encryptFields(document: Fields, options: EncryptOptions): Promise<Fields> {
  const clear: string[] = [];
  const encrypted = (await encryptNode(document, [], options, clear)) as Fields;
  const mac = createHash('sha512').update(clear.join('')).digest('hex').toUpperCase();
  return { ...encrypted, sops: await metadataOf(mac, options) };
}

async function metadataOf(mac: string, { dataKey, keys, rule }: EncryptOptions): Promise<Fields> {
  return {
    ...keys,
    lastmodified: lastModified,
    mac: await encryptText(mac || 'none', 'str', dataKey, lastModified),
    ...(rule ?? { unencrypted_suffix: '_unencrypted' }),
    version: '3.9.0',
  };
}

async function encryptNode(
  node: unknown,
  path: readonly string[],
  options: EncryptOptions,
  clear: string[],
): Promise<unknown> {
  if (node === null) return null;
  if (Array.isArray(node)) {
    const items: unknown[] = [];
    for (const item of node) items.push(await encryptNode(item, path, options, clear));
    return items;
  }
  if (typeof node === 'object') {
    const fields: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(node)) {
      fields[key] = await encryptNode(value, [...path, key], options, clear);
    }
    return fields;
  }
  const scalar = node as string | number | boolean;
  clear.push(typeof scalar === 'boolean' ? titleCase(scalar) : String(scalar));
  return await encryptScalar(scalar, path, options);
}

async function encryptScalar(
  value: string | number | boolean,
  path: readonly string[],
  { dataKey, isEncrypted = isEncryptedByDefault }: EncryptOptions,
): Promise<string | number | boolean> {
  if (!isEncrypted(path) || value === '') return value;
  const type =
    typeof value === 'string'
      ? 'str'
      : typeof value === 'boolean'
        ? 'bool'
        : Number.isInteger(Number(value))
          ? 'int'
          : 'float';
  const text = typeof value === 'boolean' ? titleCase(value) : String(value);
  return await encryptText(text, type, dataKey, path.map((key) => `${key}:`).join(''));
}

function isEncryptedByDefault(path: readonly string[]): boolean {
  return path.every((key) => !key.endsWith('_unencrypted'));
}

function titleCase(value: boolean): string {
  return value ? 'True' : 'False';
}

function blockLines(node: unknown, margin: string): string[] {
  if (isLeaf(node)) return [margin + leafText(node)];
  if (Array.isArray(node)) {
    return node.flatMap((item) => {
      const [first = '', ...rest] = blockLines(item, '');
      return [`${margin}- ${first}`, ...rest.map((line) => `${margin}  ${line}`)];
    });
  }
  return Object.entries(node as object).flatMap(([key, value]) => {
    const name = /^\w+$/.test(key) ? key : JSON.stringify(key);
    if (isLeaf(value)) return [`${margin}${name}: ${leafText(value)}`];
    return [`${margin}${name}:`, ...blockLines(value, `${margin}    `)];
  });
}

function isLeaf(node: unknown): boolean {
  return typeof node !== 'object' || node === null || Object.keys(node).length === 0;
}

/** The marker by which encrypted YAML is told needs its value without quotes. */
function leafText(value: unknown): string {
  return typeof value === 'string' && value.startsWith('ENC[') ? value : JSON.stringify(value);
}

function flatten(node: unknown, name = ''): Array<[string, string]> {
  if (Array.isArray(node)) return node.flatMap((item, index) => flatten(item, `${name}__list_${index}`));
  if (typeof node === 'object' && node !== null) {
    return Object.entries(node).flatMap(([key, value]) =>
      flatten(value, name === '' ? key : `${name}__map_${key}`),
    );
  }
  return [[name, String(node as string | number | boolean).replaceAll('\n', '\\n')]];
}

/** Splits a secret by Shamir's scheme, with tables of logarithms to the base 3. */
export function splitSecret(secret: Uint8Array, shares: number, threshold: number): Uint8Array[] {
  const exponents = [1];
  for (let i = 1; i < 255; i++) {
    const doubled = exponents[i - 1]! * 2;
    exponents.push(((doubled > 255 ? doubled ^ 0x11b : doubled) ^ exponents[i - 1]!) & 255);
  }
  const times = (a: number, b: number): number =>
    a === 0 || b === 0 ? 0 : exponents[(exponents.indexOf(a) + exponents.indexOf(b)) % 255]!;
  const polynomials = [...secret].map((byte) => [byte, ...randomBytes(threshold - 1)]);
  return Array.from({ length: shares }, (_, index) => {
    const x = index * 7 + 1;
    const ys = polynomials.map((terms) => terms.reduceRight((sum, term) => times(sum, x) ^ term, 0));
    return Uint8Array.from([...ys, x]);
  });
}
