import { readFile } from 'node:fs/promises';
import { CloudIdentities } from '../cloud/cloud-identities.js';
import { sendHttp } from '../cloud/http-json.js';
import type { KindContext } from './kind.js';

/** Who this agent and the ServiceAccounts of its cluster are in the clouds. */
export function cloudIdentities({ client, clock }: KindContext): CloudIdentities {
  const deps = {
    send: sendHttp,
    now: () => clock.now(),
    env: process.env,
    readFile: (path: string) => readFile(path, 'utf8'),
  };
  return new CloudIdentities(deps, client);
}
