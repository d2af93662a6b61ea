import { messageOf } from '../../source-failure.js';

/** The library is large, and most agents never verify a PGP signature: it is loaded at the first one. */
const loadOpenPgp = () => import('openpgp');
type OpenPgp = Awaited<ReturnType<typeof loadOpenPgp>>;
type PgpKey = Awaited<ReturnType<OpenPgp['readKeys']>>[number];

/**
 * Verifies an armored detached signature against armored key rings. Gives the id of the primary key, 16 hex digits.
 * @throws when no trusted key made it
 */
export async function verifyPgpSignature(
  armored: string,
  payload: Buffer,
  keyRings: readonly string[],
  now: Date,
): Promise<string> {
  const pgp = await loadOpenPgp();
  const trusted: PgpKey[] = [];
  const problems: string[] = [];
  for (const armoredKeys of keyRings) {
    try {
      trusted.push(...(await pgp.readKeys({ armoredKeys })));
    } catch (error) {
      problems.push(`unable to read armored key ring: ${messageOf(error)}`);
    }
  }
  if (trusted.length === 0 && problems[0]) throw new Error(problems[0]);
  for (const key of trusted) {
    if (await isSignedBy(pgp, key, armored, payload, now)) return key.getKeyID().toHex().toUpperCase();
  }
  throw new Error('unable to verify payload with any of the given key rings');
}

async function isSignedBy(
  pgp: OpenPgp,
  key: PgpKey,
  armored: string,
  payload: Buffer,
  now: Date,
): Promise<boolean> {
  try {
    // An expired or revoked key is not trusted, whenever it signed.
    await key.verifyPrimaryKey(now);
    const signature = await pgp.readSignature({ armoredSignature: armored });
    const message = await pgp.createMessage({ binary: new Uint8Array(payload) });
    const { signatures } = await pgp.verify({ message, signature, verificationKeys: key, date: now });
    const results = await Promise.allSettled(signatures.map(({ verified }) => verified));
    return results.some((result) => result.status === 'fulfilled' && result.value);
  } catch {
    return false;
  }
}
