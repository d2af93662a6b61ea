const scheme = /^[a-z][a-z0-9+.-]*:{1,2}(\/\/)?/i;
const scpLike = /^[\w.-]+@[\w.-]+:/;
const knownHost =
  /^(www\.)?(github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com|ssh\.dev\.azure\.com)[/:]/i;

/** True when kustomize would look for this on the network, provided that no local file has that name. */
export function isRemoteReference(value: string): boolean {
  if (value.includes('\n')) return false;
  if (knownHost.test(value) || scpLike.test(value)) return true;
  // `git::https://…`, `https://…`, `ssh://…`, `gh:org/repo`; a Windows drive letter is no scheme.
  const found = scheme.exec(value);
  if (found && found[0].length > 2)
    return found[0].endsWith('//') || found[0].endsWith('::') || /^gh:/i.test(value);
  return /\.git([/?]|$)/.test(value) || /[?&]ref=/.test(value) || value.includes('_git/');
}

/** flux-compat 3.3: components of the spec must be local and relative. */
export function isLocalRelative(value: string): boolean {
  return value !== '' && !value.startsWith('/') && !isRemoteReference(value);
}
