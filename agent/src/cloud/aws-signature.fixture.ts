import { createHash, createHmac } from 'node:crypto';

/** Verifies signatures as AWS does: from what arrived, not from what was meant. It shares nothing with the code that signs. */
export function signatureFor(secret: string, scope: string, time: string, canonical: string): string {
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const digest = createHash('sha256').update(canonical).digest('hex');
  const [day = '', region = '', service = '', end = ''] = scope.split('/');
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), end);
  return hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`).toString('hex');
}

/** True when a presigned GET address is signed with this secret for requests with these headers. */
export function isPresignedBy(
  secret: string,
  address: string,
  headers: Readonly<Record<string, string>>,
): boolean {
  const { host, pathname, search } = new URL(address);
  const pairs = search.slice(1).split('&');
  const value = (name: string): string =>
    decodeURIComponent(pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? '');
  const signed = pairs.filter((pair) => !pair.startsWith('X-Amz-Signature=')).toSorted();
  const sent: Record<string, string> = { ...headers, host };
  const names = value('X-Amz-SignedHeaders').split(';');
  const lines = names.map((name) => `${name}:${sent[name] ?? ''}\n`).join('');
  const empty = createHash('sha256').update('').digest('hex');
  const canonical = `GET\n${pathname}\n${signed.join('&')}\n${lines}\n${names.join(';')}\n${empty}`;
  const scope = value('X-Amz-Credential').split('/').slice(1).join('/');
  return signatureFor(secret, scope, value('X-Amz-Date'), canonical) === value('X-Amz-Signature');
}
