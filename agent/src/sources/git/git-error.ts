import { ProgramError } from '../../exec/program-error.js';

/** What a failed git operation means for its caller. */
export type GitFailure =
  | 'authentication'
  | 'host-key'
  | 'not-found'
  | 'missing-ref'
  | 'refused'
  | 'redirected'
  | 'unreachable'
  | 'timeout'
  | 'too-large'
  | 'cancelled'
  | 'local';

/** A git operation failed. The message is for people and holds no secret. */
export class GitError extends Error {
  override readonly name = 'GitError';
  constructor(
    readonly failure: GitFailure,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** What git says on stderr -> what it means, and how it is told. The first match counts. */
const meanings: ReadonlyArray<{ pattern: RegExp; failure: GitFailure; text?: string }> = [
  {
    pattern:
      /Authentication failed|could not read (Username|Password)|returned error: 401|terminal prompts disabled/,
    failure: 'authentication',
    text: 'authentication required: the server refuses these credentials',
  },
  {
    pattern: /returned error: 403/,
    failure: 'authentication',
    text: 'authorization failed: the server answers 403',
  },
  {
    pattern: /repository '.*' not found|returned error: 404/,
    failure: 'not-found',
    text: 'repository not found',
  },
  { pattern: /Host key verification failed/, failure: 'host-key' },
  {
    pattern: /Load key /,
    failure: 'authentication',
    text: 'authentication failed: the identity of the Secret is not a private key that OpenSSH can read',
  },
  {
    pattern: /Permission denied \([a-z,-]*publickey|Too many authentication failures/,
    failure: 'authentication',
    text: 'authentication failed: the server refuses the identity, or its passphrase is missing or wrong',
  },
  { pattern: /does not appear to be a git repository/, failure: 'not-found', text: 'repository not found' },
  { pattern: /couldn't find remote ref/, failure: 'missing-ref' },
  { pattern: /not our ref|does not allow request for unadvertised|not valid/, failure: 'refused' },
  { pattern: /returned error: 30[12378]/, failure: 'redirected' },
  {
    pattern:
      /Could not resolve|Failed to connect|Connection (refused|reset|timed out)|unable to access|returned error: 5|RPC failed|early EOF|remote end hung up|SSL|certificate|^ssh: |kex_exchange|Could not read from remote repository/im,
    failure: 'unreachable',
  },
];

/** Says what went wrong in the terms of a Git user. */
export function gitError(error: unknown, timeoutMs: number): GitError {
  if (error instanceof GitError) return error;
  if (!(error instanceof ProgramError)) {
    return new GitError('local', error instanceof Error ? error.message : String(error), error);
  }
  if (error.failure === 'timeout') {
    return new GitError('timeout', `timed out after ${timeoutMs / 1000}s; spec.timeout is the limit`, error);
  }
  if (error.failure === 'disk-limit') return new GitError('too-large', error.message, error);
  if (error.failure === 'aborted') return new GitError('cancelled', error.message, error);
  if (error.failure !== 'exit') return new GitError('local', error.message, error);
  const said = essence(error.stderr) || error.message;
  const meaning = meanings.find(({ pattern }) => pattern.test(error.stderr));
  return new GitError(meaning?.failure ?? 'local', meaning?.text ?? said, error);
}

/** A time that was measured: with it the same failure would be another one, and so news, at every attempt. */
const measured = / after \d+ (?:ms|milliseconds)\b/g;

/** What git says of every failure over SSH. */
const generic =
  /Could not read from remote repository|^Please make sure you have the correct access rights|^and the repository exists\.$/;

/** The lines of stderr that say why, without git's prefixes and hints. */
function essence(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const said = lines.filter((line) => !generic.test(line));
  const telling = said.filter((line) =>
    /^(fatal|error|remote|ssh): |host key|IDENTIFICATION|^Unable to negotiate|^command-line line/i.test(line),
  );
  const chosen = [telling, said.slice(-2), lines.slice(-2)].find(({ length }) => length > 0);
  return (chosen ?? [])
    .map((line) => line.replace(/^(fatal|error): /, '').replace(measured, ''))
    .join('; ')
    .slice(0, 1000);
}
