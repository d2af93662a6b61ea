import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder with the given files, for tests. A value that starts with `-> ` makes a symbolic link. */
export interface ArtifactFixture {
  root: string;
  write(files: Readonly<Record<string, string>>): void;
  remove(): void;
}

/** Makes a folder that looks like an unpacked artifact. */
export function artifactFixture(files: Readonly<Record<string, string>>): ArtifactFixture {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'artifact-')));
  const write = (more: Readonly<Record<string, string>>): void => {
    for (const [name, content] of Object.entries(more)) {
      const file = path.join(root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      if (content.startsWith('-> ')) symlinkSync(content.slice(3), file);
      else writeFileSync(file, content);
    }
  };
  write(files);
  return { root, write, remove: () => rmSync(root, { recursive: true, force: true }) };
}
