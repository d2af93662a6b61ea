import { createHash, verify } from 'node:crypto';
import { messageOf } from '../../source-failure.js';
import { readAuthorizedKeys, readSshKey, sshFingerprint, type SshKey } from './ssh-key.js';
import { WireReader, wireString } from './wire-reader.js';

/** What git signs for; a signature for anything else is worth nothing here. */
const namespace = 'git';
const magic = Buffer.from('SSHSIG');

interface SshSignature {
  key: SshKey;
  namespace: string;
  hashAlgorithm: string;
  /** `string algorithm, string signature`. */
  blob: Buffer;
}

/**
 * Verifies an armored SSH signature against files of trusted keys. Gives the fingerprint of the key.
 * @throws when no trusted key made it
 */
export function verifySshSignature(
  armored: string,
  payload: Buffer,
  authorizedKeys: readonly string[],
): string {
  const signature = readSignature(armored);
  const trusted: SshKey[] = [];
  const problems: string[] = [];
  for (const text of authorizedKeys) {
    try {
      trusted.push(...readAuthorizedKeys(text));
    } catch (error) {
      problems.push(`unable to parse authorized keys: ${messageOf(error)}`);
    }
  }
  if (trusted.length === 0 && problems[0]) throw new Error(problems[0]);
  const isTrusted = trusted.some(({ blob }) => blob.equals(signature.key.blob));
  if (isTrusted && isValid(signature, payload)) return sshFingerprint(signature.key.blob);
  throw new Error('unable to verify payload with any of the given authorized keys');
}

function readSignature(armored: string): SshSignature {
  const match = /^-----BEGIN SSH SIGNATURE-----\s([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*$/.exec(
    armored,
  );
  const unreadable = (why: string): Error => new Error(`unable to unarmor SSH signature: ${why}`);
  if (!match) throw unreadable('the armor is damaged');
  try {
    const wire = new WireReader(Buffer.from(match[1]!.replace(/\s/g, ''), 'base64'));
    if (!wire.take(magic.length).equals(magic) || wire.uint32() !== 1) throw new Error('not version 1');
    const key = readSshKey(wire.string());
    const signedFor = wire.text();
    wire.string(); // reserved
    return { key, namespace: signedFor, hashAlgorithm: wire.text(), blob: wire.string() };
  } catch (error) {
    throw unreadable(messageOf(error));
  }
}

function isValid(signature: SshSignature, payload: Buffer): boolean {
  const { hashAlgorithm } = signature;
  if (signature.namespace !== namespace || !['sha256', 'sha512'].includes(hashAlgorithm)) return false;
  const digest = createHash(hashAlgorithm).update(payload).digest();
  const signed = Buffer.concat([magic, ...[namespace, '', hashAlgorithm, digest].map(wireString)]);
  try {
    return isValidFor(signature.key, signature.blob, signed);
  } catch {
    // A damaged signature is no signature.
    return false;
  }
}

function isValidFor({ type, key, application }: SshKey, blob: Buffer, signed: Buffer): boolean {
  const wire = new WireReader(blob);
  const algorithm = wire.text();
  const proof = wire.string();
  if (application !== undefined) {
    const data = deviceData(application, wire, signed);
    if (algorithm !== type) return false;
    return type.startsWith('sk-ssh-ed25519')
      ? verify(null, data, key, proof)
      : verify('sha256', data, key, derSignature(proof));
  }
  if (type === 'ssh-ed25519') return algorithm === type && verify(null, signed, key, proof);
  if (type === 'ssh-rsa') return isValidRsa(algorithm, key, signed, proof);
  const hash = { nistp256: 'sha256', nistp384: 'sha384', nistp521: 'sha512' }[
    type.slice('ecdsa-sha2-'.length)
  ];
  return algorithm === type && hash !== undefined && verify(hash, signed, key, derSignature(proof));
}

/** SHA-1, which `ssh-rsa` stands for, is not taken. */
function isValidRsa(algorithm: string, key: SshKey['key'], signed: Buffer, proof: Buffer): boolean {
  const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[algorithm];
  return hash !== undefined && verify(hash, signed, key, proof);
}

/** What a security device signs: the application, its flags and its counter go with the message. */
function deviceData(application: string, wire: WireReader, signed: Buffer): Buffer {
  const flagsAndCounter = wire.take(5);
  const userWasPresent = (flagsAndCounter[0]! & 0x01) !== 0;
  if (!userWasPresent) throw new Error('nobody touched the device');
  const hash = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
  return Buffer.concat([hash(Buffer.from(application, 'latin1')), flagsAndCounter, hash(signed)]);
}

/** Two numbers of SSH in the form that OpenSSL reads. */
function derSignature(proof: Buffer): Buffer {
  const wire = new WireReader(proof);
  const numbers = [wire.mpint(), wire.mpint()].map((bytes) => {
    const positive = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
    return Buffer.concat([Buffer.of(0x02), derLength(positive.length), positive]);
  });
  const body = Buffer.concat(numbers);
  return Buffer.concat([Buffer.of(0x30), derLength(body.length), body]);
}

function derLength(length: number): Buffer {
  return length < 0x80 ? Buffer.of(length) : Buffer.of(0x81, length);
}
