// git must neither run programs of a repository, nor read the machine's configuration, nor ask anybody.

/** Environment variables of every git process. */
export const safeGitEnvironment = {
  GIT_ATTR_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_LFS_SKIP_SMUDGE: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_TERMINAL_PROMPT: '0',
} as const;

/** Settings of every git command. */
export const safeGitConfig: readonly (readonly [name: string, value: string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['credential.helper', ''],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.auto', '0'],
  ['http.followRedirects', 'initial'],
  ['maintenance.auto', 'false'],
  ['safe.directory', '*'],
  ['transfer.bundleURI', 'false'],
];
