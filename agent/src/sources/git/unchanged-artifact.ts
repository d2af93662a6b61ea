import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { SourceRun } from '../source-run.js';
import { planCheckout } from './checkout-plan.js';
import { isConfigChanged } from './content-config.js';
import type { Include } from './includes.js';
import type { ResolvedTarget } from './resolve-target.js';

/** Whether the stored artifact is what a new one would be (flux-compat 2.3). */
export function isUpToDate(
  run: SourceRun,
  spec: GitRepositorySpec,
  includes: readonly Include[],
  target: ResolvedTarget,
): boolean {
  const { artifact, fields } = run.status;
  return artifact?.revision === target.revision && !isConfigChanged(spec, includes, fields);
}

/** The artifact is right as it is. Gives the text of the event of a recovery. */
export function confirmArtifact(run: SourceRun, spec: GitRepositorySpec, revision: string): string {
  const { status } = run;
  status.delete('FetchFailed', 'IncludeUnavailable', 'ArtifactOutdated');
  if (!spec.verify) forgetVerification(run);
  status.set('ArtifactInStorage', 'True', 'Succeeded', `stored artifact for revision '${revision}'`);
  // A Kubernetes event is an API request: in a quiet round nobody is told that nothing happened.
  if (!run.isQuiet) run.event('trace', ...noNews(spec, revision));
  return `stored artifact for commit '${revision}'`;
}

/** How it is told that nothing has changed: Flux compares heads for a name, and what it has cloned for the rest. */
function noNews({ ref }: GitRepositorySpec, revision: string): [reason: string, message: string] {
  const { kind } = planCheckout(ref);
  if (kind === 'commit' || kind === 'semver')
    return ['ArtifactUpToDate', `artifact up-to-date with remote revision: '${revision}'`];
  return ['GitOperationSucceeded', `no changes since last reconciliation: observed revision '${revision}'`];
}

/** What the signatures of an earlier spec said is said no more. */
export function forgetVerification({ status }: SourceRun): void {
  status.update({ sourceVerificationMode: undefined });
  status.delete('SourceVerified');
}
