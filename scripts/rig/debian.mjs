// Debian packages: installs what is missing when it may, and otherwise says what to install and how.
import { existsSync } from 'node:fs';
import { cachePath } from './cache.mjs';
import { runLogged, which } from './command.mjs';
import { withLock } from './lock.mjs';
import { step } from './progress.mjs';

/** Package -> what shows that it is there: a program in PATH, or a file. */
const evidence = {
  'etcd-server': 'etcd',
  git: '/usr/lib/git-core/git-http-backend',
  'golang-go': 'go',
  'build-essential': 'g++',
  'dpkg-dev': 'dpkg-source',
  rsync: 'rsync',
  jq: 'jq',
  'docker-registry': 'docker-registry',
  'openssh-client': 'ssh-keygen',
  'openssh-server': '/usr/sbin/sshd',
  'redis-server': 'redis-server',
  chromium: 'chromium',
  age: 'age',
  gnupg: 'gpg',
  'golang-github-modern-go-reflect2-dev': '/usr/share/gocode/src/github.com/modern-go/reflect2/reflect2.go',
};

/** Makes sure that the named Debian packages are there. Costs nothing when they are. */
export async function ensurePackages(names) {
  const missing = names.filter((name) => !isThere(name));
  if (missing.length === 0) return;
  const apt = which('apt-get');
  if (!apt || process.getuid?.() !== 0) throw new Error(remedy(missing, apt));
  await withLock(cachePath('apt.lock'), () =>
    step(`install the Debian packages ${missing.join(' ')}`, '10 to 60 s', () => install(apt, missing)),
  );
  const still = missing.filter((name) => !isThere(name));
  if (still.length > 0)
    throw new Error(`apt-get installed ${still.join(' ')}, but their programs are not in PATH`);
}

function isThere(name) {
  const proof = evidence[name];
  if (proof === undefined) throw new Error(`no evidence is known for the Debian package ${name}`);
  return proof.startsWith('/') ? existsSync(proof) : which(proof) !== undefined;
}

function remedy(missing, apt) {
  const list = missing.join(' ');
  return apt
    ? `these Debian packages are missing and need root to install: ${list}\n  run: sudo apt-get update && sudo apt-get install -y ${list}`
    : `these programs are missing and there is no apt-get to install them: ${missing.map((name) => evidence[name]).join(', ')} (Debian packages: ${list})`;
}

async function install(apt, missing) {
  const log = cachePath('logs', 'apt.log');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=600'];
  await runLogged(apt, [...wait, 'update'], { log, env });
  await runLogged(apt, [...wait, 'install', '-y', '--no-install-recommends', ...missing], { log, env });
}
