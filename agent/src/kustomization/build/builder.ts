import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import type { RunProgram } from '../../exec/run-program.js';
import { makeClearFolder } from '../decryption/clear-folder.js';
import { TextSeal } from '../decryption/text-seal.js';
import type { KustomizationMetrics } from '../metrics.js';
import { findBuildFolder, OutsideArtifactError, type ArtifactEntry } from './artifact-path.js';
import { BuildError } from './build-error.js';
import { findClosure, type Closure } from './closure.js';
import { findKustomize, runKustomize, type KustomizeProgram } from './kustomize-program.js';
import { makeEntryFile } from './make-entry-file.js';
import { buildPlain } from './plain/build-plain.js';
import { measureRemoteFiles } from './measure-remote-files.js';
import { secretsOf } from './remote-reference.js';
import type { RenderCache } from './render-cache.js';
import { makeSandbox, withContents, type SandboxFiles } from './sandbox.js';
import type { SourceDecryption } from './source-decryption.js';

export interface BuilderOptions {
  run: RunProgram;
  cache: RenderCache;
  /** Where sandboxes are made. */
  workFolder: string;
  /** --kustomize-path; empty means a search in PATH. */
  kustomizePath: string;
  searchPath: string;
  noRemoteBases: boolean;
  /** Proxies for what is fetched, as environment variables. */
  network?: Readonly<Record<string, string>>;
  maxOutputBytes: number;
  /** --max-fetch-bytes: what the remote bases of one build may bring in. */
  maxFetchBytes: number;
  /** Default: nothing is counted. */
  counts?: Pick<KustomizationMetrics, 'building' | 'renderCacheHit'>;
}

/** What a build will read; known before it runs. */
export interface BuildPlan {
  closure: Closure;
  /** Digest of everything in the artifact, the spec and the agent that decides the output of the build. */
  key: string;
}

/** The output of a build. */
export interface Built {
  yaml: string;
  /** Under which it is kept: the plan's key, and where remote bases were read, what came of them. */
  key: string;
}

/** spec.path is not in the artifact. The text is that of flux-compat 3.2, 8. */
export class PathNotFoundError extends Error {
  override readonly name = 'PathNotFoundError';
}

/** Builds folders of artifacts with kustomize; the same inputs are built once. */
export class Builder {
  #program: IdentifiedProgram | undefined;
  /** Where sandboxes with decrypted files are made. */
  #clearFolder: Promise<string> | undefined;
  readonly #seal = new TextSeal();

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

  /** Looks whether spec.path is there. @throws PathNotFoundError, BuildError */
  async expectFolder(artifactRoot: string, spec: KustomizationSpec): Promise<void> {
    await openFolder(await realpath(artifactRoot), spec.path ?? '');
  }

  /** The output of an earlier build of the same inputs, with the same keys where it decrypts. */
  async kept(key: string, decryption?: Pick<SourceDecryption, 'identity'>): Promise<string | undefined> {
    const text = await this.options.cache.get(cacheKey(key, decryption));
    return text === undefined ? undefined : this.#seal.open(text);
  }

  /**
   * Builds, or takes the output of an earlier build of the same inputs. What has remote bases is built each time, for
   * nobody tells when they move. @throws BuildError
   */
  async build(plan: BuildPlan, limits: Limits, decryption?: SourceDecryption): Promise<Built> {
    const kept = isRemote(plan) ? undefined : await this.kept(plan.key, decryption);
    if (kept !== undefined) {
      this.options.counts?.renderCacheHit();
      return { yaml: kept, key: plan.key };
    }
    const clear = await decryption?.files(plan.closure);
    if (decryption && clear && clear.size > 0) return await this.#buildClear(plan, limits, decryption, clear);
    const yaml = await this.#run(plan.closure, this.options.workFolder, limits);
    return await this.#keep({ yaml, key: outputKey(plan, yaml) }, decryption, yaml);
  }

  async #keep(built: Built, decryption: SourceDecryption | undefined, text: string): Promise<Built> {
    await this.options.cache.put(cacheKey(built.key, decryption), text);
    return built;
  }

  /** Clear text is on disk while kustomize runs, and where only this user can read it; what comes out is kept sealed. */
  async #buildClear(
    plan: BuildPlan,
    limits: Limits,
    decryption: SourceDecryption,
    clear: ReadonlyMap<string, Uint8Array>,
  ): Promise<Built> {
    const folder = await this.#openClearFolder();
    try {
      const yaml = await this.#run(withContents(plan.closure, clear), folder, limits);
      return await this.#keep({ yaml, key: outputKey(plan, yaml) }, decryption, this.#seal.seal(yaml));
    } catch (error) {
      throw withoutQuotes(error, decryption);
    }
  }

  async #openClearFolder(): Promise<string> {
    try {
      return await (this.#clearFolder ??= makeClearFolder(this.options.workFolder));
    } catch (error) {
      this.#clearFolder = undefined;
      throw error;
    }
  }

  async #run(files: SandboxFiles, folder: string, limits: Limits): Promise<string> {
    const ended = this.options.counts?.building();
    try {
      return (await this.#runPlain(files, limits)) ?? (await this.#runProgram(files, folder, limits));
    } finally {
      ended?.();
    }
  }

  /** Whoever names a program wants it to build everything. */
  async #runPlain(files: SandboxFiles, limits: Limits): Promise<string | undefined> {
    if (this.options.kustomizePath !== '') return undefined;
    const yaml = await buildPlain(files, limits.signal);
    return yaml !== undefined && Buffer.byteLength(yaml) <= this.options.maxOutputBytes ? yaml : undefined;
  }

  async #runProgram(files: SandboxFiles, folder: string, limits: Limits): Promise<string> {
    const { run, maxOutputBytes, maxFetchBytes, network = {} } = this.options;
    const isFetching = files.remotes.length > 0;
    if (isFetching) await measureRemoteFiles(files.remotes, { ...limits, network, maxBytes: maxFetchBytes });
    const { program } = await this.#findProgram();
    const sandbox = await makeSandbox(folder, files);
    try {
      return await runKustomize(run, program, sandbox, {
        ...limits,
        maxOutputBytes,
        ...(isFetching ? { network, maxFetchBytes, secrets: files.remotes.flatMap(secretsOf) } : {}),
      });
    } finally {
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

interface Limits {
  timeoutMs: number;
  signal: AbortSignal;
}

/** True when the build reads what nobody watches. */
export function isRemote({ closure }: BuildPlan): boolean {
  return closure.remotes.length > 0;
}

/** Where something remote was read the output itself tells it from what came of another state of the remote. */
function outputKey(plan: BuildPlan, yaml: string): string {
  if (!isRemote(plan)) return plan.key;
  const output = createHash('sha256').update(yaml).digest('hex');
  return createHash('sha256').update(`${plan.key} ${output}`).digest('hex');
}

function cacheKey(key: string, decryption: Pick<SourceDecryption, 'identity'> | undefined): string {
  return decryption ? createHash('sha256').update(`${key} ${decryption.identity}`).digest('hex') : key;
}

/** Messages of kustomize quote what it cannot read, and go into conditions, events and logs. */
function withoutQuotes(error: unknown, decryption: SourceDecryption): unknown {
  if (!(error instanceof BuildError) || !decryption.isQuotedIn(error.message)) return error;
  return new BuildError(
    'the message of kustomize quotes decrypted content and is withheld; build the decrypted files where they may be seen to read it',
  );
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
