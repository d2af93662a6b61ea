import type { Row } from '../rig/row.js';
import type { Fields } from '../rig/scenario-row.js';

/** A spec that the API server takes, or refuses with the name of the field. */
export interface SchemaRow extends Row {
  readonly kind: 'Kustomization' | 'GitRepository';
  /** Over a spec that is right; undefined takes a field away. */
  readonly spec: Fields;
  /** The field that the refusal names; absent: accepted. */
  readonly refused?: string;
  /** What the server makes of it. */
  readonly becomes?: Fields;
}

const ks = (spec: Fields, behaviour: string, rest: Partial<SchemaRow> = {}): SchemaRow => ({
  section: '3.1',
  kind: 'Kustomization',
  behaviour: `Kustomization ${behaviour}`,
  spec,
  ...rest,
});
const git = (spec: Fields, behaviour: string, rest: Partial<SchemaRow> = {}): SchemaRow => ({
  section: '2.3',
  kind: 'GitRepository',
  behaviour: `GitRepository ${behaviour}`,
  spec,
  ...rest,
});

const source = { kind: 'GitRepository', name: 'fleet' };
const long = (length: number): string => 'x'.repeat(length);

/** Constraints and defaults of the fields (flux-compat 2.3 and 3.1). */
export const schemaRows: readonly SchemaRow[] = [
  ks({ interval: undefined }, 'needs interval', { refused: 'spec.interval' }),
  ks({ prune: undefined }, 'needs prune', { refused: 'spec.prune' }),
  ks({ sourceRef: undefined }, 'needs sourceRef', { refused: 'spec.sourceRef' }),
  ks({ sourceRef: { name: 'x' } }, 'needs sourceRef.kind', { refused: 'spec.sourceRef.kind' }),
  ks({ sourceRef: { kind: 'GitRepository' } }, 'needs sourceRef.name', { refused: 'spec.sourceRef.name' }),
  ...['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact'].map((kind) =>
    ks({ sourceRef: { kind, name: 'x' } }, `takes the source kind ${kind}`),
  ),
  ks({ sourceRef: { kind: 'HelmChart', name: 'x' } }, 'takes no other source kind', {
    refused: 'spec.sourceRef.kind',
  }),
  ...['10m', '1h30m', '1.5h', '500ms', '90s'].map((interval) =>
    ks({ interval }, `takes the interval ${interval}`),
  ),
  ...['10', '1d', '5us', '', '-1m'].map((interval) =>
    ks({ interval }, `refuses the interval "${interval}"`, { refused: 'spec.interval' }),
  ),
  ks({ timeout: '1d' }, 'refuses a timeout in days', { refused: 'spec.timeout' }),
  ks({ retryInterval: 'soon' }, 'refuses a retryInterval that is no duration', {
    refused: 'spec.retryInterval',
  }),
  ks({}, 'force is false by default', { becomes: { force: false } }),
  ks(
    { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'x' }] } },
    'substituteFrom is not optional by default',
    {
      becomes: { postBuild: { substituteFrom: [{ optional: false }] } },
    },
  ),
  ks(
    { postBuild: { substituteFrom: [{ kind: 'Pod', name: 'x' }] } },
    'substituteFrom takes ConfigMaps and Secrets alone',
    { refused: 'spec.postBuild.substituteFrom' },
  ),
  ks(
    { postBuild: { substituteFrom: [{ kind: 'Secret', name: long(254) }] } },
    'substituteFrom names have at most 253 characters',
    { refused: 'spec.postBuild.substituteFrom' },
  ),
  ks({ postBuild: { substituteStrategy: 'Sometimes' } }, 'substituteStrategy is WithVariables or Always', {
    refused: 'spec.postBuild.substituteStrategy',
  }),
  ks({ targetNamespace: long(64) }, 'targetNamespace has at most 63 characters', {
    refused: 'spec.targetNamespace',
  }),
  ks({ targetNamespace: '' }, 'targetNamespace is not empty', { refused: 'spec.targetNamespace' }),
  ks({ namePrefix: long(201) }, 'namePrefix has at most 200 characters', { refused: 'spec.namePrefix' }),
  ks({ nameSuffix: '' }, 'nameSuffix is not empty', { refused: 'spec.nameSuffix' }),
  ks({ decryption: { provider: 'gpg' } }, 'decryption knows sops alone', {
    refused: 'spec.decryption.provider',
  }),
  ks({ decryption: {} }, 'decryption needs a provider', { refused: 'spec.decryption.provider' }),
  ...['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'].map((deletionPolicy) =>
    ks({ deletionPolicy }, `takes the deletion policy ${deletionPolicy}`),
  ),
  ks({ deletionPolicy: 'Never' }, 'takes no other deletion policy', { refused: 'spec.deletionPolicy' }),
  ks(
    { buildMetadata: ['originAnnotations', 'transformerAnnotations'] },
    'takes both kinds of build metadata',
  ),
  ks({ buildMetadata: ['managedByLabel'] }, 'takes no other build metadata', {
    refused: 'spec.buildMetadata',
  }),
  ks({ dependsOn: [{ namespace: 'x' }] }, 'dependsOn needs a name', { refused: 'spec.dependsOn' }),
  ks({ healthChecks: [{ kind: 'Deployment' }] }, 'healthChecks need a name', {
    refused: 'spec.healthChecks',
  }),
  ks(
    { healthCheckExprs: [{ apiVersion: 'v1', current: 'true' }] },
    'healthCheckExprs may leave the kind out',
  ),
  ks({ healthCheckExprs: [{ apiVersion: 'v1', kind: 'X' }] }, 'healthCheckExprs need current', {
    refused: 'spec.healthCheckExprs',
  }),
  ks({ images: [{ newTag: '1' }] }, 'images need a name', { refused: 'spec.images' }),
  ks({ patches: [{ target: { kind: 'X' } }] }, 'patches need a patch', { refused: 'spec.patches' }),
  ks({ ignore: [{ target: { kind: 'X' } }] }, 'ignore needs paths', { refused: 'spec.ignore' }),
  ks({ kubeConfig: {} }, 'kubeConfig needs one of its references', { refused: 'spec.kubeConfig' }),
  ks(
    { kubeConfig: { secretRef: { name: 'a' }, configMapRef: { name: 'b' } } },
    'kubeConfig takes only one of its references',
    { refused: 'spec.kubeConfig' },
  ),
  ks({ sourceRef: { ...source, apiVersion: 'x/v9' } }, 'takes any sourceRef.apiVersion'),
  ...['generic', 'github', undefined].map((provider) =>
    git(
      { serviceAccountName: 'robot', provider },
      `refuses serviceAccountName with provider ${provider ?? '(none)'}`,
      { refused: 'spec' },
    ),
  ),
  ...['aws', 'azure'].map((provider) =>
    git({ serviceAccountName: 'robot', provider }, `takes serviceAccountName with provider ${provider}`),
  ),
  git({ url: undefined }, 'needs url', { refused: 'spec.url' }),
  git({ interval: undefined }, 'needs interval', { refused: 'spec.interval' }),
  ...['http://x/y', 'https://x/y.git', 'ssh://git@x/y'].map((url) => git({ url }, `takes the url ${url}`)),
  ...['git@x:y.git', 'file:///x', 'git://x/y'].map((url) =>
    git({ url }, `refuses the url ${url}`, { refused: 'spec.url' }),
  ),
  git({}, 'timeout is 60s by default', { becomes: { timeout: '60s' } }),
  git({ timeout: '1h' }, 'refuses a timeout in hours', { refused: 'spec.timeout' }),
  ...['generic', 'aws', 'azure', 'github'].map((provider) =>
    git({ provider }, `takes the provider ${provider}`),
  ),
  git({ provider: 'gitlab' }, 'takes no other provider', { refused: 'spec.provider' }),
  ...['head', 'HEAD', 'Tag', 'TagAndHEAD'].map((mode) =>
    git({ verify: { mode, secretRef: { name: 'x' } } }, `takes the verification mode ${mode}`),
  ),
  git({ verify: { mode: 'Branch', secretRef: { name: 'x' } } }, 'takes no other verification mode', {
    refused: 'spec.verify.mode',
  }),
  git({ verify: { secretRef: { name: 'x' } } }, 'verification mode is HEAD by default', {
    becomes: { verify: { mode: 'HEAD' } },
  }),
  git({ verify: { mode: 'HEAD' } }, 'verify needs a Secret', { refused: 'spec.verify.secretRef' }),
  git({ include: [{ fromPath: 'x' }] }, 'include needs a repository', { refused: 'spec.include' }),
];
