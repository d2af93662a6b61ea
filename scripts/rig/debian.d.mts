/** Debian packages that the rig knows how to recognise. */
export type DebianPackage =
  | 'age'
  | 'build-essential'
  | 'chromium'
  | 'docker-registry'
  | 'dpkg-dev'
  | 'etcd-server'
  | 'git'
  | 'gnupg'
  | 'golang-go'
  | 'jq'
  | 'openssh-client'
  | 'openssh-server'
  | 'redis-server'
  | 'rsync';

/** Installs what is missing; without root or apt the error names the packages and the command. */
export function ensurePackages(names: readonly DebianPackage[]): Promise<void>;
