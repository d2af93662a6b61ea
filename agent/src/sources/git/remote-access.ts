import { authorizationHeader, type GitRemote } from './credentials.js';
import { writePrivateFiles, type PrivateFile, type PrivateFiles } from './private-files.js';
import { proxyVariables, type ProxyEnvironment } from './proxy-environment.js';
import { sshEnvironment, sshFiles, type SshAlgorithms } from './ssh-access.js';
import type { TrustBundle } from './trust-bundle.js';

export interface RemoteAccessDeps {
  trust: TrustBundle;
  /** Folder for keys while a command runs. */
  privatePath: string;
  ssh?: SshAlgorithms;
  /** For remotes without a proxy of their own. */
  proxy?: ProxyEnvironment;
}

/** What a git command needs to talk to a remote. */
export interface RemoteAccess {
  config: ReadonlyArray<readonly [string, string]>;
  env: Readonly<Record<string, string>>;
  /** Removes the key files. */
  close(): Promise<void>;
}

const noAccess: RemoteAccess = { config: [], env: { GIT_ALLOW_PROTOCOL: 'none' }, close: async () => {} };

/**
 * Turns credentials into git's configuration, environment and key files. Nothing of it is on a command line. Without
 * a remote no protocol is allowed at all.
 */
export async function openRemoteAccess(
  deps: RemoteAccessDeps,
  remote: GitRemote | undefined,
): Promise<RemoteAccess> {
  if (!remote) return noAccess;
  const { ca, ssh, proxy } = remote.credentials;
  const caFile = ca ? await deps.trust.fileFor(ca) : undefined;
  const contents = keyFiles(remote);
  const files = contents ? await writePrivateFiles(deps.privatePath, contents) : undefined;
  return {
    config: httpConfig(remote, caFile, files),
    env: {
      ...(proxy ? {} : proxyVariables(deps.proxy ?? {})),
      GIT_ALLOW_PROTOCOL: allowedProtocols(remote.url),
      ...(ssh && files ? sshEnvironment(ssh, files, deps.ssh ?? {}) : {}),
    },
    close: async () => files?.remove(),
  };
}

function keyFiles({ credentials }: GitRemote): Record<string, PrivateFile> | undefined {
  const { ssh, clientCertificate } = credentials;
  if (ssh) return sshFiles(ssh);
  if (!clientCertificate) return undefined;
  const { certificate, key } = clientCertificate;
  return { 'tls.crt': { text: certificate }, 'tls.key': { text: key } };
}

function httpConfig(
  { url, credentials }: GitRemote,
  caFile: string | undefined,
  files: PrivateFiles | undefined,
): [string, string][] {
  const own = `http.${new URL(url).origin}/`;
  const config: [string, string][] = [];
  const header = authorizationHeader(credentials);
  // git would carry the header along to wherever the server points: see followRedirects.
  if (header)
    config.push([`${own}.extraHeader`, `Authorization: ${header}`], ['http.followRedirects', 'false']);
  if (caFile) config.push(['http.sslCAInfo', caFile], ['http.proxySSLCAInfo', caFile]);
  if (credentials.clientCertificate && files) {
    config.push([`${own}.sslCert`, files.pathOf('tls.crt')], [`${own}.sslKey`, files.pathOf('tls.key')]);
  }
  // Basic is what Flux sends; finding the method out costs a refused request each time.
  if (credentials.proxy) config.push(['http.proxy', credentials.proxy], ['http.proxyAuthMethod', 'basic']);
  return config;
}

/** A server may lead to what is safer, and to nothing else. */
function allowedProtocols(url: string): string {
  const protocol = new URL(url).protocol.slice(0, -1);
  return protocol === 'http' ? 'http:https' : protocol;
}
