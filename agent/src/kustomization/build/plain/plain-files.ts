import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseYaml } from '@flotilla/common/yaml/parse';
import { readPlainScalar } from '@flotilla/common/yaml/plain-scalar';
import { kustomizationFileNames } from '../kustomization-file.js';
import { isFields } from '../references.js';
import type { SandboxFiles } from '../sandbox.js';

/** What a plain build puts together: the texts of its files in order, and the namespace that all objects go to. */
export interface PlainFiles {
  readonly texts: readonly string[];
  readonly namespace: string | undefined;
}

/** Larger builds are left to kustomize, whose memory is gone when it ends. */
const maxChars = 16_000_000;
const plainFields = new Set(['apiVersion', 'kind', 'resources']);
const apiVersions: readonly unknown[] = [undefined, 'kustomize.config.k8s.io/v1beta1'];
const kinds: readonly unknown[] = [undefined, 'Kustomization'];
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Collects the files of a build that does nothing but list them: kustomization files, also of folders below, with
 * `resources` alone, and a `namespace` at most in the first. Undefined for any other build.
 */
export async function collectPlainFiles(files: SandboxFiles): Promise<PlainFiles | undefined> {
  const collector = new Collector(files);
  return (await collector.folder(files.folder, [])) ? collector.collected : undefined;
}

class Collector {
  readonly #texts: string[] = [];
  #namespace: string | undefined;
  #chars = 0;

  constructor(readonly files: SandboxFiles) {}

  get collected(): PlainFiles {
    return { texts: this.#texts, namespace: this.#namespace };
  }

  /** Adds what the kustomization file of a folder lists; false when there is more in it. `above` are those that led here. */
  async folder(folder: string, above: readonly string[]): Promise<boolean> {
    const [own, ...others] = kustomizationFileNames
      .map((name) => path.posix.join(folder, name))
      .filter((file) => this.#has(file));
    if (own === undefined || others.length > 0 || above.some((one) => isWithin(one, folder))) return false;
    const content = parsed(await this.#read(own));
    if (!content) return false;
    const { namespace, ...rest } = content;
    if (namespace !== undefined) {
      if (above.length > 0 || !isLabel(namespace)) return false;
      this.#namespace = namespace;
    }
    const resources = plainResources(rest);
    for (const resource of resources ?? []) {
      if (!(await this.#add(path.posix.join(folder, resource), [...above, folder]))) return false;
    }
    return resources !== undefined;
  }

  async #add(file: string, above: readonly string[]): Promise<boolean> {
    if (!this.#has(file)) return await this.folder(withoutSlash(file), above);
    if (kustomizationFileNames.some((name) => name === path.posix.basename(file))) return false;
    const text = await this.#read(file);
    this.#texts.push(text);
    this.#chars += text.length;
    return this.#chars <= maxChars;
  }

  #has(file: string): boolean {
    return this.files.files.has(file) || this.files.written.has(file);
  }

  async #read(file: string): Promise<string> {
    const written = this.files.written.get(file);
    if (written !== undefined)
      return typeof written === 'string' ? written : Buffer.from(written).toString('utf8');
    return await readFile(this.files.files.get(file)!, 'utf8');
  }
}

/** kustomize takes a folder that leads to itself, or to one above itself, for a cycle. */
function isWithin(inner: string, outer: string): boolean {
  return outer === '' || outer === '.' || inner === outer || inner.startsWith(`${outer}/`);
}

function withoutSlash(folder: string): string {
  return folder.endsWith('/') ? folder.slice(0, -1) : folder;
}

/** A label that nobody takes for anything but a text. */
function isLabel(value: unknown): value is string {
  return typeof value === 'string' && label.test(value) && readPlainScalar(value).kind === 'string';
}

/** What cannot be read is for kustomize to complain about. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const content = parseYaml(text);
    return isFields(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function plainResources(content: Record<string, unknown>): string[] | undefined {
  if (!Object.keys(content).every((field) => plainFields.has(field))) return undefined;
  if (!apiVersions.includes(content['apiVersion']) || !kinds.includes(content['kind'])) return undefined;
  const { resources } = content;
  if (!Array.isArray(resources) || resources.length === 0) return undefined;
  const isPath = (value: unknown): value is string =>
    typeof value === 'string' && value !== '' && !value.startsWith('/') && !value.includes('\\');
  return resources.every(isPath) ? resources : undefined;
}
