import type { Fields, Files, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const subject = 'GitRepository';

/** Another GitRepository beside the row's own. */
const library = (files: Files) => async (world: World) => {
  const repository = await world.rig.git.createRepository(`library-${world.namespace}`);
  await repository.commit(files as Record<string, string>);
  const next = await world.rig.git.createRepository(`more-${world.namespace}`);
  await next.commit({ 'z/new.yaml': 'n' });
  const type = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', name: 'library' };
  const spec = { interval: '1h', url: repository.url, ref: { branch: 'main' } };
  await world.apply({ ...type, metadata: {}, spec });
  await world.settled({ ...world.source, name: 'library' });
};

const row = (behaviour: string, include: Fields, artifact: readonly string[]): ScenarioRow => ({
  section: '2.3',
  behaviour: `include: ${behaviour}`,
  given: {
    subject,
    files: { 'app.yaml': 'a' },
    before: library({ 'x/lib.yaml': 'l', 'y/more.yaml': 'm' }),
    source: { include: [{ repository: { name: 'library' }, ...include }] },
  },
  expect: { ready: 'True', artifact, status: { includedArtifacts: [{ revision: /^main@sha1:/ }] } },
});

const missing = (
  behaviour: string,
  reason: string,
  message: RegExp,
  before?: (world: World) => Promise<unknown>,
): ScenarioRow => ({
  section: '2.3',
  behaviour: `include: ${behaviour}`,
  given: {
    subject,
    files: { 'app.yaml': 'a' },
    source: { include: [{ repository: { name: 'library' } }] },
    ...(before ? { before } : {}),
  },
  expect: {
    ready: { status: 'False', reason, message },
    conditions: { IncludeUnavailable: { status: 'True', reason, message } },
  },
});

/** Artifacts of other GitRepositories inside of one (flux-compat 2.3). */
export const includeRows: readonly ScenarioRow[] = [
  row('the whole artifact goes to a folder with the name of the other one', {}, [
    'app.yaml',
    'library/x/lib.yaml',
    'library/y/more.yaml',
  ]),
  row('fromPath takes a part', { fromPath: 'x' }, ['app.yaml', 'library/lib.yaml']),
  row('toPath says where', { fromPath: 'x', toPath: 'vendor/lib' }, ['app.yaml', 'vendor/lib/lib.yaml']),
  row('a toPath that leads out stays inside', { fromPath: 'x', toPath: '../../out' }, [
    'app.yaml',
    'out/lib.yaml',
  ]),
  {
    ...row('a new artifact of the other one is a new artifact', {}, [
      'app.yaml',
      'library/x/lib.yaml',
      'library/y/more.yaml',
    ]),
    steps: [
      {
        does: async (world) => {
          const at = world.rig.git.url;
          await world.edit(
            { ...world.source, name: 'library' },
            { spec: { url: `${at}/more-${world.namespace}.git` } },
          );
        },
        settles: false,
        expect: { ready: 'True', artifact: ['app.yaml', 'library/z/new.yaml'] },
      },
    ],
  },
  missing(
    'one that does not exist is waited for',
    'NotFound',
    /^could not get resource for include 'library': /,
  ),
  missing(
    'one without an artifact is waited for',
    'NoArtifact',
    /^no artifact available for include 'library'$/,
    async (world) => {
      const type = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', name: 'library' };
      await world.apply({
        ...type,
        metadata: {},
        spec: { interval: '1h', url: 'http://127.0.0.1:1/x', suspend: true },
      });
    },
  ),
];
