// Builds kube-apiserver and kube-controller-manager from Debian's source package `kubernetes`: the whole upstream
// tree with its vendored dependencies, which Debian 12's own Go compiles. This is the way that needs nothing but a
// Debian mirror. An interrupted build goes on where it stopped: every stage ends in a rename, and the compiler's
// cache stays.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cachePath, emptySibling } from './cache.mjs';
import { runLogged, which } from './command.mjs';
import { ensurePackages } from './debian.mjs';
import { step } from './progress.mjs';

/** The release that Debian 12 packages. */
export const sourceVersion = 'v1.20.2';
/** Raised when the way of building changes: binaries that an older way has built are not used any more. */
export const recipe = 2;
/**
 * Debian's reflect2 (1.0.2), which takes the place of the vendored one (1.0.1): that one calls into the runtime as Go
 * had it before 1.18, and the API server dies when the first custom resource is written.
 */
const reflect2 = {
  debianPackage: 'golang-github-modern-go-reflect2-dev',
  installed: '/usr/share/gocode/src/github.com/modern-go/reflect2',
  vendored: 'vendor/github.com/modern-go/reflect2',
};
const version = sourceVersion.slice(1);
const programs = ['kube-apiserver', 'kube-controller-manager'];
const work = (...segments) => cachePath('build', `kubernetes-${version}-${recipe}`, ...segments);
const log = (name) => cachePath('logs', `kubernetes-${name}.log`);

/** Puts the two programs into `target`, a folder that exists only when both are whole. `fd` keeps the lock held. */
export async function buildFromSource(target, fd) {
  if (!which('apt-get') || !isBookworm()) {
    throw new Error(
      'kube-apiserver cannot be built here: that needs Debian 12 (bookworm). Set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kube-controller-manager',
    );
  }
  await ensurePackages(['golang-go', 'build-essential', 'dpkg-dev', 'rsync', 'jq', reflect2.debianPackage]);
  const gopath = work('gopath');
  const tree = join(gopath, 'src', 'k8s.io', 'kubernetes');
  if (!existsSync(work('source.tar.gz')))
    await step('fetch the source of Kubernetes', '10 s, 34 MB', fetchSource);
  if (!existsSync(gopath)) await step('unpack the source of Kubernetes', '10 s', () => unpack(gopath));
  await step('build kube-apiserver and kube-controller-manager', '3 to 4 min on 2 cores, once', () =>
    compile(gopath, tree, fd),
  );
  collect(
    join(tree, '_output', 'local', 'bin', 'linux', process.arch === 'x64' ? 'amd64' : process.arch),
    target,
  );
  rmSync(work(), { recursive: true, force: true });
}

function isBookworm() {
  return (
    existsSync('/etc/os-release') &&
    /^VERSION_CODENAME=bookworm$/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

/** Fetches through apt, which checks the signature, with lists of its own: the machine's sources stay as they are. */
async function fetchSource() {
  const lists = work('apt');
  mkdirSync(join(lists, 'sources.d'), { recursive: true });
  mkdirSync(join(lists, 'lists', 'partial'), { recursive: true });
  writeFileSync(join(lists, 'sources.d', 'source.sources'), sourceList());
  const apt = [
    'Dir::Etc::SourceList=/dev/null',
    `Dir::Etc::SourceParts=${join(lists, 'sources.d')}`,
    `Dir::State::Lists=${join(lists, 'lists')}`,
    `Dir::Cache=${lists}`,
  ];
  const options = apt.flatMap((option) => ['-o', option]);
  await runLogged('apt-get', [...options, 'update'], { log: log('fetch') });
  const folder = emptySibling(work('download'));
  await runLogged('apt-get', [...options, 'source', '--download-only', 'kubernetes'], {
    log: log('fetch'),
    cwd: folder,
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.orig.tar.gz'));
  if (!tarball?.includes(version))
    throw new Error(`Debian's source package of kubernetes is not ${version}: got ${tarball}`);
  renameSync(join(folder, tarball), work('source.tar.gz'));
}

/** The machine's own Debian mirror (it may be the only one in reach), asked for source packages. */
function sourceList() {
  const own = '/etc/apt/sources.list.d/debian.sources';
  const stanzas = existsSync(own) ? readFileSync(own, 'utf8').split(/\n\s*\n/) : [];
  const main = stanzas.find((stanza) => /^URIs:.*\/debian\/?\s*$/m.test(stanza));
  if (main) return `${main.replace(/^Types:.*$/m, 'Types: deb-src').trimEnd()}\n`;
  return `Types: deb-src\nURIs: ${oneLineMirror() ?? 'http://deb.debian.org/debian'}\nSuites: bookworm\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`;
}

function oneLineMirror() {
  const list = '/etc/apt/sources.list';
  if (!existsSync(list)) return undefined;
  return /^deb\s+(?:\[[^\]]*\]\s+)?(\S+\/debian\/?)\s+bookworm\s/m.exec(readFileSync(list, 'utf8'))?.[1];
}

async function unpack(gopath) {
  const folder = emptySibling(gopath);
  const tree = join(folder, 'src', 'k8s.io', 'kubernetes');
  mkdirSync(tree, { recursive: true });
  await runLogged('tar', ['-xzf', work('source.tar.gz'), '-C', tree, '--strip-components=1'], {
    log: log('unpack'),
  });
  const [major, minor] = version.split('.');
  writeFileSync(
    join(tree, 'version.sh'),
    `KUBE_GIT_COMMIT='debian'\nKUBE_GIT_TREE_STATE='archive'\nKUBE_GIT_VERSION='v${version}'\nKUBE_GIT_MAJOR='${major}'\nKUBE_GIT_MINOR='${minor}'\n`,
  );
  replaceReflect2(tree);
  renameSync(folder, gopath);
}

function replaceReflect2(tree) {
  const target = join(tree, reflect2.vendored);
  rmSync(target, { recursive: true });
  mkdirSync(target);
  for (const name of readdirSync(reflect2.installed)) {
    if (/\.(go|s)$/.test(name)) copyFileSync(join(reflect2.installed, name), join(target, name));
  }
}

async function compile(gopath, tree, fd) {
  // Nothing of the caller's Go set-up may leak in: this release builds in GOPATH mode only.
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('GO') && !name.startsWith('KUBE')),
  );
  const env = {
    ...own,
    GOPATH: gopath,
    GO111MODULE: 'off',
    CGO_ENABLED: '0',
    GOCACHE: work('go-cache'),
    GOFLAGS: '',
    GOENV: 'off',
    KUBE_GIT_VERSION_FILE: join(tree, 'version.sh'),
  };
  const what = programs.map((program) => `cmd/${program}`).join(' ');
  await runLogged('make', [`WHAT=${what}`], { log: log('build'), cwd: tree, env, holdFd: fd });
}

function collect(from, target) {
  const folder = emptySibling(target);
  for (const program of programs) copyFileSync(join(from, program), join(folder, program));
  renameSync(folder, target);
}
