/** A Git object taken apart: what was signed, and the signature. */
export interface SignedObject {
  payload: Buffer;
  /** Armored; empty where there is none. */
  signature: string;
}

/** The header that signs a commit, by the hash that the repository is named with. */
const commitHeaders: Readonly<Record<number, string>> = { 40: 'gpgsig', 64: 'gpgsig-sha256' };

/** The commit without its signature headers, byte for byte, and the signature that stood there. */
export function signedCommit(hash: string, encoded: Buffer): SignedObject {
  const own = commitHeaders[hash.length];
  const kept: Buffer[] = [];
  const signature: string[] = [];
  let current = '';
  let at = 0;
  for (const end = headersEnd(encoded); at < end;) {
    const next = encoded.indexOf(0x0a, at) + 1;
    const line = encoded.subarray(at, next);
    at = next;
    // A line that starts with a blank goes on with the header before.
    if (line[0] !== 0x20) current = line.toString('latin1').split(' ', 1)[0] ?? '';
    const isSignature = current === 'gpgsig' || current === 'gpgsig-sha256';
    if (!isSignature) kept.push(line);
    else if (current === own) signature.push(line.toString('latin1').replace(/^(gpgsig\S*)? /, ''));
  }
  return { payload: Buffer.concat([...kept, encoded.subarray(at)]), signature: signature.join('') };
}

/** The headers end at the first empty line. */
function headersEnd(encoded: Buffer): number {
  const end = encoded.indexOf('\n\n');
  return end < 0 ? encoded.lastIndexOf(0x0a) + 1 : end + 1;
}

/** A tag object carries its signature at its end, from the last line that begins one. */
export function signedTag(encoded: Buffer): SignedObject {
  const text = encoded.toString('latin1');
  const begin = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----/gm;
  let start = -1;
  for (const match of text.matchAll(begin)) start = match.index;
  if (start < 0) return { payload: encoded, signature: '' };
  return { payload: encoded.subarray(0, start), signature: text.slice(start) };
}
