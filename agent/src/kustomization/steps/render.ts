import { createHash } from 'node:crypto';
import { groupOf, type KubeObject } from '@flotilla/common/kube/object';
import { isRemote, PathNotFoundError, type Built, type BuildPlan } from '../build/builder.js';
import { BuildError } from '../build/build-error.js';
import { DecryptionError } from '../decryption/decryption-error.js';
import { openDecryption, type OpenDecryption } from '../decryption/open-decryption.js';
import type { Run } from '../run.js';
import { messageOf, retriedFailure, type StepFailure } from '../step-failure.js';
import {
  postBuildError,
  substituteDocuments,
  takesPart,
  type Manifest,
} from '../substitution/substitute-documents.js';
import { loadVariables, readIdentity, type Variables } from '../substitution/variables.js';
import { progressText, timeoutMs } from '../timing.js';
import { asServed, servedBy } from './as-served.js';

/** What shall be in the cluster. */
export interface Rendered {
  objects: KubeObject[];
  /** `sha256:<hex>` of the documents, for the history. */
  digest: string;
  substitutionIdentity: string;
  /** Under which the output of kustomize is kept. */
  buildKey: string;
  /** Milliseconds since the epoch: when something remote was read for it. */
  fetchedAt?: number;
}

/** Finds what the build will read, without building (flux-compat 3.2, 8 and 11). @throws StepFailure */
export async function planBuild(run: Run, artifactRoot: string, revision: string): Promise<BuildPlan> {
  try {
    return await run.deps.builder.plan(artifactRoot, run.object.spec);
  } catch (error) {
    if (error instanceof PathNotFoundError) throw retriedFailure('ArtifactFailed', error);
    run.status.update({ lastAttemptedRevision: revision });
    run.status.markProgressing(progressText('Building manifests', revision, run.object.spec));
    throw buildFailure(run, error);
  }
}

/** Decrypts, builds and substitutes (flux-compat 3.2, 11). @throws StepFailure */
export async function render(run: Run, plan: BuildPlan): Promise<Rendered> {
  const { spec } = run.object;
  const limits = { timeoutMs: timeoutMs(spec), signal: run.signal };
  run.status.markProgressing(progressText('Building manifests', run.about.revision ?? '', spec));
  try {
    const decryption = await openDecryption(run);
    const fetchedAt = run.deps.clock.now();
    const built = await run.deps.builder.build(plan, limits, decryption);
    return { ...(await finish(run, built, decryption)), ...(isRemote(plan) ? { fetchedAt } : {}) };
  } catch (error) {
    throw buildFailure(run, error);
  }
}

/**
 * Decrypts and substitutes in the kept output of an earlier build; undefined when it is not kept any more.
 * @throws StepFailure
 */
export async function renderKept(run: Run, buildKey: string): Promise<Rendered | undefined> {
  try {
    const decryption = await openDecryption(run);
    const yaml = await run.deps.builder.kept(buildKey, decryption);
    return yaml === undefined ? undefined : await finish(run, { yaml, key: buildKey }, decryption);
  } catch (error) {
    throw buildFailure(run, error);
  }
}

async function finish(
  run: Run,
  { yaml, key }: Built,
  decryption: OpenDecryption | undefined,
): Promise<Rendered> {
  const rendered = await substitute(run, decryption ? await decryption.objects(yaml) : yaml);
  const objects = await asServed(rendered.objects.filter(isForCluster), servedBy(run));
  const substitutionIdentity = joinIdentities(rendered.substitutionIdentity, decryption?.identity);
  return { ...rendered, objects, substitutionIdentity, buildKey: key };
}

/** Files for kustomize that were found among manifests are nothing to apply. */
function isForCluster({ apiVersion }: KubeObject): boolean {
  return groupOf(apiVersion) !== 'kustomize.config.k8s.io';
}

/** Everything from outside of the artifact that a build depends on: substitution values and keys. */
export function joinIdentities(substitution: string, keys: string | undefined): string {
  return keys === undefined ? substitution : `${substitution}\n${keys}`;
}

async function substitute(run: Run, yaml: string): Promise<Omit<Rendered, 'buildKey'>> {
  const { postBuild } = run.object.spec;
  const variables = await loadVariables(run).catch((error: unknown) => withoutVariables(run, yaml, error));
  const manifests = substituteDocuments(yaml, {
    ...(postBuild ? { values: variables.values } : {}),
    strict: run.deps.options.gates.StrictPostBuildSubstitutions,
    always: postBuild?.substituteStrategy === 'Always',
  });
  const objects = manifests.map(({ object }) => object);
  return { objects, digest: digestOf(manifests), substitutionIdentity: variables.identity };
}

/** Variables are read for the sake of an object: the first that takes part fails, and where none does nobody needs them. */
async function withoutVariables(run: Run, yaml: string, error: unknown): Promise<Variables> {
  run.signal.throwIfAborted();
  const manifests = substituteDocuments(yaml, { strict: false, always: false });
  const first = manifests.find(({ object }) => takesPart(object));
  if (first) throw postBuildError(first.object, error);
  return { values: {}, identity: await readIdentity(run) };
}

/** Of all texts as one, which would be large. */
function digestOf(manifests: readonly Manifest[]): string {
  const hash = createHash('sha256');
  for (const [index, { text }] of manifests.entries()) hash.update(index === 0 ? text : `---\n${text}`);
  return `sha256:${hash.digest('hex')}`;
}

function buildFailure(run: Run, error: unknown): StepFailure {
  run.signal.throwIfAborted();
  const text = messageOf(error);
  const isOwn =
    error instanceof DecryptionError ||
    (error instanceof BuildError && /^(failed to decode|post build failed|component path)/.test(text));
  const message = isOwn ? text : `kustomize build failed: ${text}`;
  return retriedFailure('BuildFailed', error, message);
}
