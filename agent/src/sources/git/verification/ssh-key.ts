import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { WireReader } from './wire-reader.js';

/** A public key of SSH. */
export interface SshKey {
  type: string;
  /** The binary form, as it stands in authorized_keys. */
  blob: Buffer;
  key: KeyObject;
  /** For keys on a security device: what they sign for. */
  application?: string;
}

const curves: Readonly<Record<string, { crv: string; bytes: number }>> = {
  nistp256: { crv: 'P-256', bytes: 32 },
  nistp384: { crv: 'P-384', bytes: 48 },
  nistp521: { crv: 'P-521', bytes: 66 },
};

/** `SHA256:…`, as ssh-keygen prints it. */
export function sshFingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Types that can sign here; DSA and certificates cannot. */
const types =
  /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/**
 * The keys of a file in the form of authorized_keys. Options before a key are allowed and mean nothing here; keys of
 * other types are passed over.
 * @throws for a line that holds no key
 */
export function readAuthorizedKeys(text: string): SshKey[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).flatMap(readKeyLine);
}

function readKeyLine(line: string): SshKey[] {
  const match = /(?:^|\s)((?:ssh-|ecdsa-sha2-|sk-)[\w@.-]+)\s+([A-Za-z0-9+/]+=*)(?=\s|$)/.exec(line);
  if (!match) throw new Error('ssh: no key found');
  if (!types.test(match[1]!)) return [];
  const key = readSshKey(Buffer.from(match[2]!, 'base64'));
  if (key.type !== match[1]) throw new Error('ssh: the type of a key is not what its line says');
  return [key];
}

/** Reads a key in its binary form. @throws for a type that is not known */
export function readSshKey(blob: Buffer): SshKey {
  const wire = new WireReader(blob);
  const type = wire.text();
  if (type === 'ssh-ed25519') return { type, blob, key: ed25519(wire.string()) };
  if (type === 'sk-ssh-ed25519@openssh.com')
    return { type, blob, key: ed25519(wire.string()), application: wire.text() };
  if (type === 'ssh-rsa') return { type, blob, key: rsa(wire.mpint(), wire.mpint()) };
  if (/^ecdsa-sha2-nistp\d+$/.test(type)) return { type, blob, key: ecdsa(wire.text(), wire.string()) };
  if (type === 'sk-ecdsa-sha2-nistp256@openssh.com')
    return { type, blob, key: ecdsa(wire.text(), wire.string()), application: wire.text() };
  throw new Error(`ssh: keys of the type '${type}' are not supported`);
}

function ed25519(x: Buffer): KeyObject {
  return jwk({ kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') });
}

function rsa(e: Buffer, n: Buffer): KeyObject {
  return jwk({ kty: 'RSA', e: e.toString('base64url'), n: n.toString('base64url') });
}

function ecdsa(name: string, point: Buffer): KeyObject {
  const curve = curves[name];
  if (!curve || point.length !== 1 + 2 * curve.bytes || point[0] !== 4)
    throw new Error('ssh: a key is not a point of its curve');
  const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)];
  return jwk({ kty: 'EC', crv: curve.crv, x: x.toString('base64url'), y: y.toString('base64url') });
}

function jwk(key: Record<string, string>): KeyObject {
  return createPublicKey({ key, format: 'jwk' });
}
