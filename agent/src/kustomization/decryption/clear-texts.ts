import type { ClearValue } from '@flotilla/common/sops/encrypted-value';

/** Shorter ones stand in every message by chance. */
const shortest = 3;

/** Remembers what was decrypted for one build, to keep it out of messages. */
export class ClearTexts {
  readonly #lines = new Set<string>();

  add(value: ClearValue): void {
    if (typeof value === 'boolean') return;
    for (const line of textOf(value).split('\n')) {
      const text = line.trim();
      if (text.length >= shortest) this.#lines.add(text);
    }
  }

  /** Whether a message quotes any of it, also escaped as in JSON or encoded as in a Secret. */
  isQuotedIn(message: string): boolean {
    return [...this.#lines].some((line) => formsOf(line).some((form) => message.includes(form)));
  }
}

function textOf(value: Exclude<ClearValue, boolean>): string {
  if (typeof value === 'object') return 'text' in value ? value.text : new TextDecoder().decode(value);
  return String(value);
}

function formsOf(line: string): string[] {
  const base64 = Buffer.from(line).toString('base64').replace(/=+$/, '');
  return [line, JSON.stringify(line).slice(1, -1), base64];
}
