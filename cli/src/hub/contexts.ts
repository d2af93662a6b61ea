import { open, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError, exitCodes, failure } from '../errors/cli-error.js';
import type { Runtime } from '../runtime.js';

/** A hub and how to prove who we are. */
export interface HubContext {
  readonly hub: string;
  readonly token: string;
  readonly caFile?: string;
}

/** The file that `flotilla login` writes. */
export interface Contexts {
  /** The context that is taken when none is named. */
  readonly current?: string;
  readonly contexts: Readonly<Record<string, HubContext>>;
}

const mode = 0o600;
const maxBytes = 1024 * 1024;

/** `$XDG_CONFIG_HOME/flotilla/config.yaml`, else `~/.config/flotilla/config.yaml`. */
export function contextsPath(env: Runtime['env']): string {
  const root = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return join(root, 'flotilla', 'config.yaml');
}

/** Reads the file; without one there are no contexts. @throws CliError that names the file and the field */
export async function readContexts(path: string): Promise<Contexts> {
  let text: string;
  try {
    if ((await stat(path)).size > maxBytes) throw failure(`${path}: larger than ${maxBytes} bytes`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { contexts: {} };
    if (error instanceof CliError) throw error;
    throw failure(`${path} cannot be read: ${(error as Error).message}`, 'check the rights of the file');
  }
  return parseContexts(text, path);
}

/** Reads the text of the file. @throws CliError that names the file and the field */
export async function parseContexts(text: string, path: string): Promise<Contexts> {
  const [{ parseYaml }, { contextsSchema }] = await Promise.all([
    import('@flotilla/common/yaml/parse'),
    import('./contexts.schema.js'),
  ]);
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw invalidFile(path, (error as Error).message, error);
  }
  const parsed = contextsSchema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidFile(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not valid'}`);
}

function invalidFile(path: string, why: string, cause?: unknown): CliError {
  const remedy = `correct it, or remove it and run flotilla login again`;
  return new CliError(exitCodes.failed, `${path} is not valid: ${why}`, { remedy, cause });
}

/** Writes the file whole or not at all; only its owner can read it. */
export async function writeContexts(path: string, contexts: Contexts): Promise<void> {
  const { emitYaml } = await import('@flotilla/common/yaml/emit');
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(draft, 'w', mode);
    try {
      // A draft that was left behind keeps its old rights.
      await file.chmod(mode);
      await file.writeFile(emitYaml(contexts));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw failure(
      `${path} cannot be written: ${(error as Error).message}`,
      'check the rights of the folder, or set XDG_CONFIG_HOME',
    );
  }
}

/** Whether others than the owner can read the file with the tokens. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  try {
    return ((await stat(path)).mode & 0o077) !== 0;
  } catch {
    return false;
  }
}
