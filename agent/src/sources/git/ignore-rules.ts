export async function loadIgnoreRules(
  _d: string,
  _i: string | undefined,
): Promise<(path: string, isDirectory: boolean) => boolean> {
  return () => false;
}
