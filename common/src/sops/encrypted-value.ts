import { createDecipheriv } from 'node:crypto';
import { SopsError } from './sops-error.js';
import type { SopsComment } from './tree.js';

/** What one encrypted text can turn out to be. */
export type ClearValue = string | number | bigint | boolean | Uint8Array | SopsComment;

const format = /^ENC\[AES256_GCM,data:([^,]+),iv:([^,]+),tag:([^,]+),type:([^,\]]+)\]/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const tagLength = 16;

/**
 * Decrypts `ENC[AES256_GCM,…]` with the data key. `path` is authenticated too: a value that was moved to another key
 * cannot be decrypted. The empty text stands for itself.
 * @throws SopsError
 */
export function decryptValue(text: string, dataKey: Uint8Array, path: string): ClearValue {
  if (text === '') return '';
  const match = format.exec(text);
  if (!match) throw new SopsError("the value is not in SOPS' data format");
  const [, data = '', iv = '', tag = '', type = ''] = match;
  const clear = open({ data: decode(data), iv: decode(iv), tag: decode(tag) }, dataKey, path);
  return typed(clear, type);
}

interface Sealed {
  data: Buffer;
  iv: Buffer;
  tag: Buffer;
}

function open({ data, iv, tag }: Sealed, dataKey: Uint8Array, path: string): Buffer {
  if (dataKey.length !== 32) throw new SopsError(`the data key has ${dataKey.length} bytes instead of 32`);
  if (tag.length !== tagLength)
    throw new SopsError(`the tag has ${tag.length} bytes instead of ${tagLength}`);
  try {
    const decipher = createDecipheriv('aes-256-gcm', dataKey, iv, { authTagLength: tagLength });
    decipher.setAAD(Buffer.from(path)).setAuthTag(tag);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch (error) {
    const message =
      'Could not decrypt with AES_GCM: message authentication failed, the value was changed, moved or encrypted for another document';
    throw new SopsError(message, { cause: error });
  }
}

function typed(clear: Buffer, type: string): ClearValue {
  switch (type) {
    case 'str':
    case 'bytes':
    case 'time':
      return textOrBytes(clear);
    case 'int':
      return integer(clear.toString());
    case 'float':
      return float(clear.toString());
    case 'bool':
      return boolean(clear.toString());
    case 'comment':
      return { kind: 'comment', text: clear.toString() };
    default:
      throw new SopsError(`unknown type of an encrypted value: ${type.slice(0, 20)}`);
  }
}

function textOrBytes(clear: Buffer): string | Uint8Array {
  const text = clear.toString('utf8');
  return Buffer.from(text).equals(clear) ? text : new Uint8Array(clear);
}

function integer(text: string): number | bigint {
  if (!/^[-+]?\d{1,20}$/.test(text)) throw new SopsError('an encrypted value of type int is no integer');
  const exact = BigInt(text.replace('+', ''));
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}

function float(text: string): number {
  const infinite = /^([-+]?)inf$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  const number = text === 'NaN' ? Number.NaN : Number(text);
  if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN')) {
    throw new SopsError('an encrypted value of type float is no number');
  }
  return number;
}

function boolean(text: string): boolean {
  if (/^(?:1|t|true|True|TRUE|T)$/.test(text)) return true;
  if (/^(?:0|f|false|False|FALSE|F)$/.test(text)) return false;
  throw new SopsError('an encrypted value of type bool is neither true nor false');
}

function decode(text: string): Buffer {
  if (!base64.test(text)) throw new SopsError("the value is not in SOPS' data format: invalid base64");
  return Buffer.from(text, 'base64');
}
