import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Small JSON documents on disk that survive the process. What cannot be read counts as absent. */
export class StateFolder {
  private constructor(readonly folder: string) {}

  static async open(folder: string): Promise<StateFolder> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new StateFolder(folder);
  }

  async read(name: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.#file(name), 'utf8')) as unknown;
    } catch {
      return undefined;
    }
  }

  /**
   * Replaces a document in one step: a reader sees the old one or the new one. A durable one is on the disk when
   * this returns; any other may be lost, and then counts as absent, when the power fails.
   */
  async write(name: string, content: unknown, { durable = false } = {}): Promise<void> {
    const temporary = path.join(this.folder, `.${randomUUID()}`);
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify(content));
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#file(name));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    await rm(this.#file(name), { force: true });
  }

  #file(name: string): string {
    return path.join(this.folder, `${name.replaceAll(/[^\w.-]/g, '_')}.json`);
  }
}
