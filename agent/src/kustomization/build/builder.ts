import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import type { RunProgram } from '../../exec/run-program.js';
import type { KustomizationMetrics } from '../metrics.js';
import { findBuildFolder, OutsideArtifactError, type ArtifactEntry } from './artifact-path.js';
import { BuildError } from './build-error.js';
import { findClosure, type Closure } from './closure.js';
import { findKustomize, runKustomize, type KustomizeProgram } from './kustomize-program.js';
import { makeEntryFile } from './make-entry-file.js';
import type { RenderCache } from './render-cache.js';
import { makeSandbox } from './sandbox.js';

export interface BuilderOptions {
  run: RunProgram;
  cache: RenderCache;
  /** Where sandboxes are made. */
  workFolder: string;
  /** --kustomize-path; empty means a search in PATH. */
  kustomizePath: string;
  searchPath: string;
  noRemoteBases: boolean;
  maxOutputBytes: number;
  /** Default: nothing is counted. */
  counts?: Pick<KustomizationMetrics, 'building' | 'renderCacheHit'>;
}

/** What a build will read; known before it runs. */
export interface BuildPlan {
  closure: Closure;
  /** Digest of everything that decides the output of the build. */
  key: string;
}

/** spec.path is not in the artifact. The text is that of flux-compat 3.2, 8. */
export class PathNotFoundError extends Error {
  override readonly name = 'PathNotFoundError';
}

/** Builds folders of artifacts with kustomize; the same inputs are built once. */
export class Builder {
  #program: IdentifiedProgram | undefined;

  constructor(readonly options: BuilderOptions) {}

  /** Finds the inputs. @throws PathNotFoundError, BuildError */
  async plan(artifactRoot: string, spec: KustomizationSpec): Promise<BuildPlan> {
    const root = await realpath(artifactRoot);
    const folder = await openFolder(root, spec.path ?? '');
    const entry = await withOutsideAsBuildError(() => makeEntryFile(root, folder, spec));
    const { noRemoteBases } = this.options;
    const closure = await findClosure({ root, entry, noRemoteBases });
    const program = await this.#findProgram();
    return {
      closure,
      key: createHash('sha256').update(`${program.identity} ${closure.digest}`).digest('hex'),
    };
  }

  /** The output of an earlier build of the same inputs. */
  async kept(key: string): Promise<string | undefined> {
    return await this.options.cache.get(key);
  }

  /** Runs kustomize, or takes the output of an earlier build of the same inputs. @throws BuildError */
  async build(plan: BuildPlan, limits: { timeoutMs: number; signal: AbortSignal }): Promise<string> {
    const { run, workFolder, maxOutputBytes, cache, counts } = this.options;
    const kept = await this.kept(plan.key);
    if (kept !== undefined) {
      counts?.renderCacheHit();
      return kept;
    }
    const { program } = await this.#findProgram();
    const sandbox = await makeSandbox(workFolder, plan.closure);
    const ended = counts?.building();
    try {
      const yaml = await runKustomize(run, program, sandbox, { ...limits, maxOutputBytes });
      await cache.put(plan.key, yaml);
      return yaml;
    } finally {
      ended?.();
      await sandbox.remove();
    }
  }

  async #findProgram(): Promise<IdentifiedProgram> {
    if (this.#program) return this.#program;
    const program = await findKustomize(this.options.kustomizePath, this.options.searchPath);
    const { size, mtimeMs } = await stat(program.file);
    this.#program = { program, identity: `${program.args.join(' ')} ${size} ${mtimeMs}` };
    return this.#program;
  }
}

/** Another version of the program may build something else from the same files. */
interface IdentifiedProgram {
  program: KustomizeProgram;
  identity: string;
}

async function openFolder(root: string, specPath: string): Promise<ArtifactEntry> {
  const shown = specPath === '' ? '.' : specPath;
  const folder = await findBuildFolder(root, specPath).catch((error: unknown) => {
    if (!(error instanceof OutsideArtifactError)) throw error;
    throw new PathNotFoundError(`kustomization path not found: stat ${shown}: ${error.message}`);
  });
  if (!folder) {
    throw new PathNotFoundError(
      `kustomization path not found: stat ${shown}: no such file or directory; spec.path must name a folder of the artifact`,
    );
  }
  if (!folder.isDirectory)
    throw new BuildError(`spec.path '${shown}' is a file, it must be a folder of the artifact`);
  return folder;
}

async function withOutsideAsBuildError<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof OutsideArtifactError) throw new BuildError(error.message, { cause: error });
    throw error;
  }
}
