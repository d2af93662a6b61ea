import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** No YAML can begin like this. */
const mark = '\u0000sealed:';
const ivLength = 12;
const tagLength = 16;

/**
 * Encrypts texts that only this process shall read: the key is made at the start and kept in memory alone, so that
 * what is on disk is worthless to everybody else, and to the next process.
 */
export class TextSeal {
  readonly #key = randomBytes(32);

  seal(text: string): string {
    const iv = randomBytes(ivLength);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return mark + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** The text as it was; a text that is not sealed as it is; undefined when another process sealed it. */
  open(text: string): string | undefined {
    if (!text.startsWith(mark)) return text;
    const bytes = Buffer.from(text.slice(mark.length), 'base64');
    const tagEnd = ivLength + tagLength;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, ivLength));
      decipher.setAuthTag(bytes.subarray(ivLength, tagEnd));
      return decipher.update(bytes.subarray(tagEnd), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }
}
