import type { KeyService } from './key-service.js';
import { nameOfKey, type MasterKey } from './master-key.js';
import type { SopsMetadata } from './metadata.js';
import { combineShares } from './shamir.js';
import { SopsError } from './sops-error.js';

/** Local keys are tried before services on the network; the rest in the order of the file. */
const firstTypes: readonly MasterKey['type'][] = ['age', 'pgp'];

/**
 * Gets the data key of a document: one key of the only group, or of as many groups as the Shamir threshold says,
 * has to be decrypted.
 * @throws SopsError that names each key and why it did not do
 */
export async function recoverDataKey(
  { keyGroups, shamirThreshold }: Pick<SopsMetadata, 'keyGroups' | 'shamirThreshold'>,
  services: readonly KeyService[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  const needed = keyGroups.length > 1 ? shamirThreshold || keyGroups.length : 1;
  const groups: GroupResult[] = [];
  for (const group of keyGroups) groups.push(await openGroup(group, services, signal));
  const parts = groups.flatMap(({ part }) => (part ? [part] : []));
  if (parts.length < needed) throw new SopsError(describe(groups, needed));
  return keyGroups.length > 1 ? combineShares(parts) : parts[0]!;
}

interface GroupResult {
  part?: Uint8Array;
  failures: readonly string[];
}

async function openGroup(
  group: readonly MasterKey[],
  services: readonly KeyService[],
  signal: AbortSignal,
): Promise<GroupResult> {
  const failures: string[] = [];
  for (const key of inOrder(group)) {
    try {
      return { part: await decryptKey(key, services, signal), failures };
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`  ${nameOfKey(key)}: FAILED\n    - | ${(error as Error).message}`);
    }
  }
  return { failures };
}

async function decryptKey(
  key: MasterKey,
  services: readonly KeyService[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  const service = services.find((candidate) => candidate.canDecrypt(key));
  if (!service) throw new Error(`no key service for keys of type ${key.type}`);
  return await service.decrypt(key, signal);
}

function inOrder(group: readonly MasterKey[]): MasterKey[] {
  const rank = ({ type }: MasterKey): number => {
    const index = firstTypes.indexOf(type);
    return index < 0 ? firstTypes.length : index;
  };
  return group.toSorted((a, b) => rank(a) - rank(b));
}

function describe(groups: readonly GroupResult[], needed: number): string {
  const lines = groups.map(({ part, failures }, index) =>
    part ? `Group ${index}: SUCCESS` : [`Group ${index}: FAILED`, ...failures].join('\n'),
  );
  const got = groups.filter(({ part }) => part).length;
  const missing =
    groups.length > 1
      ? `parts of ${needed} key groups are needed, ${got} could be decrypted`
      : 'none of the master keys could decrypt the data key';
  return `Failed to get the data key required to decrypt the SOPS file: ${missing}.\n\n${lines.join('\n\n')}`;
}
