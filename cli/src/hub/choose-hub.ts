import { usageError, CliError, exitCodes } from '../errors/cli-error.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { Runtime } from '../runtime.js';
import type { Contexts, HubContext } from './contexts.js';

type Environment = Runtime['env'];

/**
 * Which hub, and with which token: flags, then the context that a flag names, then the environment, then the current
 * context. A token goes only to the hub that it was given for.
 *
 * @throws CliError with the remedy
 */
export function chooseHub(options: GlobalOptions, env: Environment, contexts: Contexts): HubContext {
  const named = namedContext(options, env, contexts);
  const current = currentContext(contexts);
  const hub = options.hub ?? named?.hub ?? (env['FLOTILLA_HUB'] || undefined) ?? current?.hub;
  if (!hub)
    throw notChosen(
      'no hub is chosen',
      'flotilla login --hub URL stores one; or set FLOTILLA_HUB and FLOTILLA_TOKEN',
    );
  const url = hubUrl(hub);
  const stored = storedFor(url, named ?? current, contexts);
  const given = options.token ?? (named ? undefined : tokenOfEnvironment(url, env));
  const token = given ?? stored?.token;
  if (!token)
    throw notChosen(
      `no token for the hub ${url}`,
      `flotilla login --hub ${url} stores one; or set FLOTILLA_TOKEN`,
    );
  checkToken(token, 'the token (of --token, FLOTILLA_TOKEN or the context)');
  const caFile = chooseCaFile(options, env, stored);
  return { hub: url, token, ...(caFile === undefined ? {} : { caFile }) };
}

/** A header would repeat what it cannot hold in its error. @throws CliError that does not show the token */
export function checkToken(token: string, which: string): void {
  if (/^[\x21-\x7e]{1,4096}$/.test(token)) return;
  throw usageError(
    `${which} holds blanks or characters that no token has`,
    'give the token alone, on one line',
  );
}

function chooseCaFile(
  options: GlobalOptions,
  env: Environment,
  stored: HubContext | undefined,
): string | undefined {
  return options.caFile ?? (env['FLOTILLA_CA_FILE'] || undefined) ?? stored?.caFile;
}

function notChosen(message: string, remedy: string): CliError {
  return new CliError(exitCodes.unreachable, message, { remedy });
}

function namedContext(options: GlobalOptions, env: Environment, contexts: Contexts): HubContext | undefined {
  if (options.hub !== undefined && options.context !== undefined)
    throw usageError('--hub and --context: give one of them', 'a context already names its hub');
  const name = options.context ?? (options.hub ? undefined : env['FLOTILLA_CONTEXT']);
  if (!name) return undefined;
  const context = Object.hasOwn(contexts.contexts, name) ? contexts.contexts[name] : undefined;
  if (context) return context;
  const known = Object.keys(contexts.contexts).join(', ') || 'none';
  throw usageError(
    `context "${name}" does not exist; known: ${known}`,
    `flotilla login --hub URL --name ${name} makes it; a context of a kubeconfig is chosen with --kube-context`,
  );
}

function currentContext({ current, contexts }: Contexts): HubContext | undefined {
  return current !== undefined && Object.hasOwn(contexts, current) ? contexts[current] : undefined;
}

/** The stored context of this very hub, the preferred one first. */
function storedFor(
  url: string,
  preferred: HubContext | undefined,
  { contexts }: Contexts,
): HubContext | undefined {
  const isOf = (context: HubContext) => URL.canParse(context.hub) && hubUrl(context.hub) === url;
  if (preferred && isOf(preferred)) return preferred;
  return Object.values(contexts).find(isOf);
}

/** FLOTILLA_TOKEN belongs to FLOTILLA_HUB when both are set. */
function tokenOfEnvironment(url: string, env: Environment): string | undefined {
  const token = env['FLOTILLA_TOKEN'] || undefined;
  const hub = env['FLOTILLA_HUB'];
  return hub && hubUrl(hub) !== url ? undefined : token;
}

/** The base address of a hub, in one spelling. @throws CliError when it is none */
export function hubUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw usageError(
      `hub ${JSON.stringify(text)} is not an address`,
      'write it with its scheme, for example https://flotilla.example.com',
    );
  if (url.username || url.password || url.search || url.hash)
    throw usageError(
      'the address of the hub holds credentials, a query or a fragment',
      'give only the address; the token goes into --token, FLOTILLA_TOKEN or "flotilla login"',
    );
  const path = url.pathname.replace(/\/(?:api\/v1\/?)?$/, '').replace(/\/+$/, '');
  return `${url.origin}${path}`;
}

/** Whether a token would cross a network in the clear. */
export function isPlainHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
