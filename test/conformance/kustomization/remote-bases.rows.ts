import { configMap, kustomizationFile } from '../rig/manifests.js';
import type { Fields, Given, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const a = 'v1/ConfigMap/a';
const shared = '<url>//base?ref=shared';

/** The repository of the row has the base on a branch of its own; nothing of it is in the artifact. */
const share =
  (value = 'one', more: Readonly<Record<string, string>> = {}) =>
  async (world: World): Promise<void> => {
    const base = {
      'base/kustomization.yaml': 'resources: [a.yaml]\n',
      'base/a.yaml': JSON.stringify(world.filled(configMap('a', { value }))),
      ...more,
    };
    await world.repository.branch('shared');
    await world.repository.commit(base, 'base');
    await world.repository.branch('main');
  };

const given = (file: Fields, spec: Fields = {}, before = share()): Given => ({
  files: { 'top/kustomization.yaml': kustomizationFile(file) },
  before,
  spec: { path: './top', ...spec },
});

const refused = (
  behaviour: string,
  files: Readonly<Record<string, string>>,
  message: RegExp,
): ScenarioRow => ({
  section: '3.3',
  behaviour,
  given: given({ resources: [shared] }, {}, share('one', files)),
  expect: { ready: { status: 'False', reason: 'BuildFailed', message }, objects: { [a]: null } },
});

/** Bases that kustomize fetches itself (flux-compat 3.3). */
export const remoteBaseRows: readonly ScenarioRow[] = [
  {
    section: '3.3',
    behaviour: 'a remote base is fetched by Git, and patched like a local one',
    given: given({
      resources: [shared],
      patches: [{ patch: JSON.stringify({ ...configMap('a', { more: 'two' }) }) }],
    }),
    expect: { ready: 'True', objects: { [a]: { data: { value: 'one', more: 'two' } } } },
  },
  {
    section: '3.3',
    behaviour: 'a remote component is fetched',
    given: given(
      { resources: [shared], components: ['<url>//extra?ref=shared'] },
      {},
      share('one', {
        'extra/kustomization.yaml':
          '{apiVersion: kustomize.config.k8s.io/v1alpha1, kind: Component, commonAnnotations: {from: afar}}',
      }),
    ),
    expect: { ready: 'True', objects: { [a]: { metadata: { annotations: { from: 'afar' } } } } },
  },
  {
    section: '3.3',
    behaviour: 'a remote base that moves is seen at the interval, without a commit to the source',
    given: given({ resources: [shared] }, { interval: '2s' }),
    expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
    steps: [
      {
        does: share('two'),
        settles: false,
        expect: { objects: { [a]: { data: { value: 'two' } } }, kept: [a] },
      },
    ],
  },
  {
    section: '3.3',
    behaviour: 'a remote base that stays writes nothing at the interval',
    given: given({ resources: [shared] }, { interval: '1s' }),
    expect: { ready: 'True' },
    steps: [{ does: (world) => world.pause(4_000), expect: { ready: 'True', untouched: [a] } }],
  },
  {
    section: '3.3',
    behaviour: 'a remote base that is gone fails the build at the interval, and what is in the cluster stays',
    given: given({ resources: [shared] }, { interval: '2s' }),
    expect: { ready: 'True' },
    steps: [
      {
        does: (world) => world.repository.git('push', '--quiet', 'origin', '--delete', 'shared'),
        settles: false,
        expect: {
          ready: { status: 'False', reason: 'BuildFailed', message: /^kustomize build failed: .*shared/ },
          untouched: [a],
          events: [{ severity: 'error', reason: 'BuildFailed' }],
        },
      },
    ],
  },
  {
    section: '3.3',
    behaviour: 'drift is corrected while the remote base cannot be fetched',
    given: given({ resources: [shared] }),
    expect: { ready: 'True' },
    steps: [
      {
        does: (world) => world.repository.git('push', '--quiet', 'origin', '--delete', 'shared'),
        edit: { [a]: { data: { value: 'by hand' } } },
        expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
      },
    ],
  },
  refused(
    'a remote base reads no file outside of its clone',
    { 'base/kustomization.yaml': 'configMapGenerator: [{name: a, files: [x=/etc/hostname]}]\n' },
    /security; file '\/etc\/hostname' is not in or below 'base'/,
  ),
  refused(
    'a remote base cannot reach the files of the build that names it',
    { 'base/kustomization.yaml': 'resources: [../../../files/top]\n' },
    /^kustomize build failed: .*outside|security|must build at directory/,
  ),
  refused(
    'a remote base cannot name a repository on the disk of the agent',
    { 'base/kustomization.yaml': 'resources: ["file:///var/lib/x.git"]\n' },
    /transport 'file' not allowed/,
  ),
  {
    section: '3.3',
    behaviour: 'a remote base over SSH is refused with the field, for a build has no key',
    given: given({ resources: ['ssh://git@127.0.0.1/org/base.git'] }),
    expect: {
      ready: {
        status: 'False',
        reason: 'BuildFailed',
        message:
          'kustomize build failed: top/kustomization.yaml: resources[0] "ssh://git@127.0.0.1/org/base.git" is reached over SSH, for which a build has no key; use https',
      },
    },
  },
];

/** For an agent with --no-remote-bases (flux-compat 3.3, 8.2). */
export const noRemoteBaseRows: readonly ScenarioRow[] = [
  { resources: [shared] },
  { resources: ['http://127.0.0.1:1/a.yaml'] },
  { components: [shared] },
  { patches: [{ path: 'http://127.0.0.1:1/patch.yaml' }] },
].map((file) => {
  const [field] = Object.keys(file);
  const what = JSON.stringify(file).includes('a.yaml') ? `a web address in ${field}` : `a remote in ${field}`;
  return {
    section: '8.2',
    behaviour: `--no-remote-bases: ${what} is refused with the field`,
    given: given(file),
    expect: {
      ready: {
        status: 'False',
        reason: 'BuildFailed',
        message: new RegExp(
          `^kustomize build failed: top/kustomization\\.yaml: ${field}\\[0\\].* is not a local path, and remote bases are disabled \\(--no-remote-bases\\)`,
        ),
      },
    },
  };
});
