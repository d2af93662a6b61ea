import { createHash } from 'node:crypto';
import type { GitRemote } from './credentials.js';
import { gitRemote } from './credentials.js';
import type { GitCommand } from './git-command.js';
import { GitError } from './git-error.js';

/** A submodule as a commit names it. */
export interface Submodule {
  path: string;
  commit: string;
  /** As .gitmodules has it: absolute, relative or in the short form of ssh. */
  url: string;
}

/** Which protocols a submodule may have, by the protocol of what it is part of: never one that is less safe. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'http:': ['http:', 'https:'],
  'https:': ['https:'],
  'ssh:': ['ssh:', 'https:'],
};

/**
 * The submodules of a commit, as its tree and its .gitmodules together say: what only one of them knows is none. git's
 * own submodule command is not used, it takes orders from the repository.
 */
export async function listSubmodules(
  git: GitCommand,
  gitDir: string,
  commit: string,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<Submodule[]> {
  const tree = await git(['--git-dir', gitDir, 'ls-tree', '-r', '-z', '--full-tree', commit], options);
  const links = new Map<string, string>();
  let hasModules = false;
  for (const line of tree.stdout.toString('utf8').split('\0')) {
    const entry = /^(\d+) \w+ ([0-9a-f]+)\t(.+)$/s.exec(line);
    if (entry?.[1] === '160000') links.set(entry[3]!, entry[2]!);
    if (entry?.[3] === '.gitmodules') hasModules = entry[1]!.startsWith('100');
  }
  if (links.size === 0 || !hasModules) return [];
  const blob = `${commit}:.gitmodules`;
  const modules = await git(['--git-dir', gitDir, 'config', '--blob', blob, '--null', '--list'], options);
  return parseModules(modules.stdout.toString('utf8')).flatMap(({ path, url }) => {
    const hash = links.get(path);
    return hash ? [{ path, url, commit: hash }] : [];
  });
}

/** Reads `submodule.<name>.<key>\n<value>\0`, the form of `git config --null --list`. */
export function parseModules(text: string): { path: string; url: string }[] {
  const modules = new Map<string, { path?: string; url?: string }>();
  for (const setting of text.split('\0')) {
    const match = /^submodule\.(.+)\.(path|url)\n(.*)$/s.exec(setting);
    if (!match) continue;
    const [, name, key, value] = match;
    modules.set(name!, { ...modules.get(name!), [key!]: value });
  }
  return [...modules.values()].flatMap(({ path, url }) => (path && url ? [{ path, url }] : []));
}

/**
 * The remote of a submodule. It gets the credentials of its parent where it is on the same server; whoever may
 * commit could otherwise send them to a server of his own. An SSH key proves itself without being sent: it goes with
 * every SSH address whose host key is known.
 * @throws GitError for an address that may not be used
 */
export function submoduleRemote(parent: GitRemote, submodule: Submodule): GitRemote {
  const refuse = (why: string): GitError =>
    new GitError('refused', `submodule '${submodule.path}' cannot be fetched: ${why}`);
  const address = absoluteAddress(parent.url, submodule.url);
  const url = address === undefined ? undefined : parse(address);
  if (!url) throw refuse('its address is not an absolute or relative URL');
  const { protocol } = url;
  const of = new URL(parent.url);
  if (!allowed[of.protocol]?.includes(protocol))
    throw refuse(`protocol '${protocol.slice(0, -1)}' is not allowed`);
  const { ca, proxy, ssh } = parent.credentials;
  if (protocol === 'ssh:') {
    const own = gitRemote(url.href, { identity: ssh!.identity, known_hosts: ssh!.knownHosts });
    return { ...own, credentials: { ssh: ssh! }, key: keyOf(own.url, parent), secrets: parent.secrets };
  }
  const own = gitRemote(url.href, ca ? { 'ca.crt': ca } : {}, proxy ? { proxy } : {});
  const isSameServer = protocol === of.protocol && url.host === of.host;
  if (!isSameServer || own.credentials.basic) return own;
  return { ...own, credentials: parent.credentials, key: keyOf(own.url, parent), secrets: parent.secrets };
}

function keyOf(url: string, parent: GitRemote): string {
  return createHash('sha256')
    .update(JSON.stringify([url, parent.key]))
    .digest('hex');
}

/** Resolves `./` and `../` against the parent as git does: each `../` takes one part off. */
function absoluteAddress(parent: string, address: string): string | undefined {
  if (!/^\.\.?\//.test(address)) return address.includes('://') ? address : fromShortForm(address);
  let [base, rest] = [parent.replace(/\/+$/, ''), address];
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2);
    else if (rest.startsWith('../')) {
      rest = rest.slice(3);
      const cut = base.lastIndexOf('/');
      // The host is not a part of the path.
      if (base.slice(0, cut).endsWith('/')) return undefined;
      base = base.slice(0, cut);
    } else return `${base}/${rest}`;
  }
}

/** `user@host:path`, which is not a URL. */
function fromShortForm(address: string): string | undefined {
  const match = /^([\w.-]+@)?([\w.-]+):(?!:|\/\/)(.+)$/.exec(address);
  return match ? `ssh://${match[1] ?? ''}${match[2]}/${match[3]!.replace(/^\/+/, '')}` : undefined;
}

function parse(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined;
  }
}
