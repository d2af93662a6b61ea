import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntityManager } from 'typeorm';
import { makeFolder } from '../platform/make-folder.js';
import { generateApiToken, hashApiToken } from './api-token.js';
import type { ApiTokenStore, NewApiToken } from './api-token.store.js';

export interface BootstrapSettings {
  readonly dataDir: string;
  /** From the environment; replaces the file. */
  readonly adminToken: string | undefined;
  readonly now: Date;
}

/** What was done, for the log; the token itself is in no answer and no log line. */
export type BootstrapOutcome = 'kept' | 'created' | 'taken from the environment';

const environmentTokenName = 'admin-from-environment';
const environmentTokenId = 'environment';

/** File in the data folder that holds the first admin token. */
export function adminTokenFile(dataDir: string): string {
  return join(dataDir, 'admin-token');
}

/** Makes sure that a new hub has an admin token. Replicas that start together take turns. */
export async function bootstrapAdminToken(
  manager: EntityManager,
  tokens: ApiTokenStore,
  settings: BootstrapSettings,
): Promise<BootstrapOutcome> {
  await tokens.lockForWriting(manager);
  if (settings.adminToken !== undefined)
    return useEnvironmentToken(manager, tokens, settings.adminToken, settings.now);
  if (!(await tokens.isEmpty(manager))) return 'kept';
  const { id, token } = (await readTokenFile(settings.dataDir)) ?? generateApiToken();
  // First the file: a token that nobody can read would lock the hub.
  await writeTokenFile(settings.dataDir, token);
  await tokens.insert(manager, { ...firstToken(settings.now), id, name: 'admin', hash: hashApiToken(token) });
  return 'created';
}

async function useEnvironmentToken(
  manager: EntityManager,
  tokens: ApiTokenStore,
  token: string,
  now: Date,
): Promise<BootstrapOutcome> {
  const hash = hashApiToken(token);
  if ((await tokens.findByHash(manager, hash, now))?.role === 'admin') return 'kept';
  await tokens.replace(manager, {
    ...firstToken(now),
    id: environmentTokenId,
    name: environmentTokenName,
    hash,
  });
  return 'taken from the environment';
}

function firstToken(now: Date): Omit<NewApiToken, 'id' | 'name' | 'hash'> {
  return { role: 'admin', groups: [], emails: [], createdBy: 'hub', createdAt: now, expiresAt: null };
}

/** A file that is there already belongs to a database that has been reset; its token goes on working. */
async function readTokenFile(dataDir: string): Promise<{ id: string; token: string } | null> {
  const text = await readFile(adminTokenFile(dataDir), 'utf8').catch(() => '');
  const match = /^flt_([a-z2-7]{12})_[A-Za-z0-9_-]{43}$/.exec(text.trim());
  return match?.[1] === undefined ? null : { id: match[1], token: match[0] };
}

async function writeTokenFile(dataDir: string, token: string): Promise<void> {
  const file = adminTokenFile(dataDir);
  const draft = `${file}.${process.pid}.new`;
  await makeFolder(dataDir, 0o711);
  await writeFile(draft, `${token}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
}
