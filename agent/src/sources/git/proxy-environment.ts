/** The proxy that the agent's own environment names, for remotes without one of their own. */
export interface ProxyEnvironment {
  httpProxy?: string;
  httpsProxy?: string;
  noProxy?: string;
}

/** Reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not, as Flux's controllers do. */
export function readProxyEnvironment(env: Readonly<Record<string, string | undefined>>): ProxyEnvironment {
  const of = (name: string): string | undefined => env[name] || env[name.toUpperCase()] || undefined;
  const [httpProxy, httpsProxy, noProxy] = [of('http_proxy'), of('https_proxy'), of('no_proxy')];
  return {
    ...(httpProxy ? { httpProxy } : {}),
    ...(httpsProxy ? { httpsProxy } : {}),
    ...(noProxy ? { noProxy } : {}),
  };
}

/** The same for a child process; git reads only the small letters for http. */
export function proxyVariables({ httpProxy, httpsProxy, noProxy }: ProxyEnvironment): Record<string, string> {
  return {
    ...(httpProxy ? { http_proxy: httpProxy } : {}),
    ...(httpsProxy ? { https_proxy: httpsProxy } : {}),
    ...(noProxy ? { no_proxy: noProxy } : {}),
  };
}
