/** The head of a line of klog: the kubectl of some clouds writes its error as one, with the time and its process id. */
const klogError = /^[EF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [^\]\s]+\] "[^"]*" err=(".*")$/;

/**
 * What kustomize or kubectl said when it failed, the same for the same mistake whenever it is made: a message that
 * changes is a new event and a new status.
 */
export function kustomizeMessage(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !line.startsWith('# Warning:'))
    .map((line) => unquoted(klogError.exec(line)?.[1]) ?? line)
    .join('\n')
    .replace(/^error: |^Error: /, '');
}

/** Of a text quoted by Go, whose escapes are those of JSON but for bytes and rare characters. */
function unquoted(quoted: string | undefined): string | undefined {
  if (quoted === undefined) return undefined;
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return quoted.slice(1, -1).replaceAll('\\"', '"');
  }
}
