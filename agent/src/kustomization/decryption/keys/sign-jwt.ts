import { createSign } from 'node:crypto';

/** A JSON web token signed with RS256. @throws Error when the key is no RSA key in PEM */
export function signJwt(
  header: Readonly<Record<string, string>>,
  claims: Readonly<Record<string, string | number>>,
  privateKey: string,
): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  } catch (error) {
    throw new Error('the private key of the credentials is not an RSA key in PEM', { cause: error });
  }
}
