/** What a running PostgreSQL writes into `postmaster.pid` of its data folder. */
export interface PostmasterFile {
  readonly pid: number;
  readonly dataFolder: string;
  readonly port: number;
}

/** Reads `postmaster.pid`: one value a line; a file that is only half written gives nothing. */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const [pid = '', dataFolder = '', , port = ''] = text.split('\n');
  if (!/^\d+$/.test(pid) || !/^\d+$/.test(port) || dataFolder === '') return undefined;
  return { pid: Number(pid), dataFolder, port: Number(port) };
}
