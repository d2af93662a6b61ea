import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Where kustomize and kubectl are looked for: PATH, and last of all the folder where the demo and the tests of this
 * project keep their kubectl, so that an agent started from a clone needs nothing else.
 */
export function programSearchPath(environment: Readonly<Record<string, string | undefined>>): string {
  const cache = environment['XDG_CACHE_HOME'] || join(environment['HOME'] ?? homedir(), '.cache');
  const tools = join(cache, 'flotilla', 'client-tools');
  return [environment['PATH'] ?? '', ...versionsIn(tools)].join(delimiter);
}

function versionsIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((version) => join(folder, version));
  } catch {
    return [];
  }
}
