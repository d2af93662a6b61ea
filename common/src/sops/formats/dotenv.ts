import { SopsError } from '../sops-error.js';
import { isBranch, isComment, isList, type SopsBranch, type SopsItem } from '../tree.js';
import { plainText } from './plain-text.js';

const prefix = 'sops_';

/** Reads lines of `key=value` and `#comment`; `\n` in a value is a line break. Metadata are keys that begin with `sops_`. */
export function readDotenv(text: string): { branch: SopsBranch; metadata: ReadonlyMap<string, string> } {
  const items: SopsItem[] = [];
  const metadata = new Map<string, string>();
  text.split('\n').forEach((line, index) => {
    if (line === '') return;
    if (line.startsWith('#')) {
      items.push({ kind: 'comment', text: line.slice(1) });
      return;
    }
    const sign = line.indexOf('=');
    if (sign < 0) throw new SopsError(`invalid dotenv input in line ${index + 1}: there is no "="`);
    const [key, value] = [line.slice(0, sign), line.slice(sign + 1)];
    if (key.startsWith(prefix)) metadata.set(key.slice(prefix.length), value);
    else items.push({ key, value: value.replaceAll('\\n', '\n') });
  });
  return { branch: { kind: 'branch', items }, metadata };
}

/** Writes dotenv. @throws SopsError for lists and mappings, which the format does not know */
export function writeDotenv(branch: SopsBranch): string {
  const lines = branch.items.map((item) => {
    if (isComment(item)) return `#${item.text}\n`;
    if (isBranch(item.value) || isList(item.value)) {
      throw new SopsError(`cannot use complex value in dotenv file: '${item.key}' is a list or a mapping`);
    }
    return `${item.key}=${plainText(item.value).replaceAll('\n', '\\n')}\n`;
  });
  return lines.join('');
}
