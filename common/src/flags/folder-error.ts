import { resolve, sep } from 'node:path';

/** An error of the file system in the folder that a flag names, told with that flag; any other error as it is. */
export function folderError(error: unknown, flag: string, folder: string): unknown {
  const { code, path } = error as Partial<NodeJS.ErrnoException>;
  if (!(error instanceof Error) || code === undefined || path === undefined) return error;
  const [named, failed] = [resolve(folder), resolve(path)];
  if (failed !== named && !failed.startsWith(named + sep)) return error;
  return new Error(`${flag} ${folder}: ${error.message}; it needs a folder that this process may write to`, {
    cause: error,
  });
}
