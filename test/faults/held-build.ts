// The real kustomize behind a door: a build can be stopped before it begins.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rigPrograms } from '../servers/programs.js';
import { waitFor } from '../servers/wait-for.js';

export interface HeldBuild {
  /** For `--kustomize-path`. */
  readonly program: string;
  /** Stops builds from now on, until released; those that were stopped then go on. */
  hold(): { readonly reached: Promise<unknown>; release(): void };
}

/** Writes the program into a folder. */
export async function holdableBuild(folder: string): Promise<HeldBuild> {
  const { kubectl } = await rigPrograms();
  const at = (name: string): string => join(folder, name);
  const [program, door, reached] = [at('kubectl-held'), at('build-door'), at('build-reached')];
  const wait = `if [ -e '${door}' ]; then : > '${reached}'; while [ -e '${door}' ]; do sleep 0.05; done; fi`;
  writeFileSync(program, `#!/bin/sh\n${wait}\nexec '${kubectl}' "$@"\n`, { mode: 0o755 });
  return {
    program,
    hold() {
      rmSync(reached, { force: true });
      writeFileSync(door, '');
      return {
        get reached() {
          return waitFor('a build to be stopped', () => existsSync(reached));
        },
        release: () => rmSync(door, { force: true }),
      };
    },
  };
}
