import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { failure, usageError } from '../errors/cli-error.js';
import { checkToken, hubUrl, isPlainHttp } from '../hub/choose-hub.js';
import { contextsPath, readContexts, writeContexts } from '../hub/contexts.js';
import type { HubContext } from '../hub/contexts.js';
import { connectHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import { forHub } from '../options/global-options.js';
import { hint, success, warning } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

interface LoginOptions extends GlobalOptions {
  readonly tokenFile?: string;
  readonly name?: string;
}

const maxTokenBytes = 4096;

/** `login`: checks a token and stores it. */
export function addLogin(program: Command, runtime: Runtime): void {
  program
    .command('login')
    .description('Store the address of a hub and a token for it')
    .option('--token-file <path>', 'file with the token; - is stdin')
    .option('--name <context>', 'name of the context (default: "default")')
    .addHelpText(
      'after',
      `
Without --token and --token-file, FLOTILLA_TOKEN is taken, then stdin; at a terminal the token is asked for.

  flotilla login --hub https://flotilla.example.com
  flotilla login --hub https://flotilla.example.com --token-file admin-token --name prod`,
    )
    .action(async (_options, command: Command) => login(runtime, command.optsWithGlobals()));
}

async function login(runtime: Runtime, options: LoginOptions): Promise<void> {
  forHub(options);
  const name = options.name ?? options.context ?? 'default';
  const path = contextsPath(runtime.env);
  const stored = await readContexts(path);
  const before = Object.hasOwn(stored.contexts, name) ? stored.contexts[name] : undefined;
  const address = options.hub ?? (runtime.env['FLOTILLA_HUB'] || undefined) ?? before?.hub;
  if (!address)
    throw usageError(
      'no hub is named',
      'give its address: flotilla login --hub https://flotilla.example.com',
    );
  const hub = hubUrl(address);
  if (isPlainHttp(hub))
    warning(runtime, `${hub} is not encrypted: everybody on the way can read the token; use https://`);
  const token = checkedToken(await readToken(runtime, options, hub));
  const ca = options.caFile ?? (runtime.env['FLOTILLA_CA_FILE'] || undefined) ?? knownCa(before, hub);
  const context = { hub, token, ...(ca === undefined ? {} : { caFile: resolve(ca) }) };
  const { name: user, role, hubVersion } = await (await connectHub(runtime, context)).whoami();
  await writeContexts(path, { current: name, contexts: { ...stored.contexts, [name]: context } });
  success(runtime, `logged in to ${hub} (version ${hubVersion}) as ${user}, ${role}; context "${name}"`);
  hint(runtime, 'next: flotilla get clusters');
}

/** Whoever renews a token does not have to name the CA again. */
function knownCa(before: HubContext | undefined, hub: string): string | undefined {
  return before && URL.canParse(before.hub) && hubUrl(before.hub) === hub ? before.caFile : undefined;
}

async function readToken(runtime: Runtime, options: LoginOptions, hub: string): Promise<string> {
  const { token, tokenFile } = options;
  const { terminal, env, signal } = runtime;
  if (token !== undefined && tokenFile !== undefined)
    throw usageError('--token and --token-file: give one of them');
  if (token !== undefined) return token;
  if (tokenFile === '-') return terminal.readInput(maxTokenBytes);
  if (tokenFile !== undefined) return readTokenFile(tokenFile);
  if (env['FLOTILLA_TOKEN']) return env['FLOTILLA_TOKEN'];
  if (terminal.inIsTerminal) return terminal.askSecret(`Token for ${hub}: `, signal);
  return terminal.readInput(maxTokenBytes);
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw failure(`token file ${path} cannot be read: ${(error as Error).message}`, 'check --token-file');
  }
}

/** Says what is wrong with a text without showing it. */
function checkedToken(text: string): string {
  const token = text.trim();
  if (token === '')
    throw usageError('the token is empty', 'give it with --token-file, FLOTILLA_TOKEN or stdin');
  if (token.startsWith('flj_'))
    throw usageError(
      'this is a join token, with which agents enrol',
      'an API token begins with flt_: flotilla token create --name NAME --role viewer makes one',
    );
  checkToken(token, 'the token');
  return token;
}
