import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../exec/program-error.js';
import { gitError } from './git-error.js';

const failed = (stderr: string) =>
  gitError(
    new ProgramError({ program: 'git', failure: 'exit', exitCode: 128, message: 'git failed', stderr }),
    60_000,
  );

describe('an error of git', () => {
  it.each([
    [
      "fatal: could not read Username for 'http://x': terminal prompts disabled\n",
      'authentication',
      /^authentication required/,
    ],
    ["fatal: Authentication failed for 'http://x/'\n", 'authentication', /^authentication required/],
    ["fatal: unable to access 'http://x/': The requested URL returned error: 403\n", 'authentication', /403/],
    ["fatal: repository 'http://x/' not found\n", 'not-found', /^repository not found$/],
    [
      "fatal: couldn't find remote ref refs/heads/x\n",
      'missing-ref',
      /^couldn't find remote ref refs\/heads\/x$/,
    ],
    [
      'No ED25519 host key is known for x.\nHost key verification failed.\nfatal: Could not read from remote repository.\n',
      'host-key',
      /^No ED25519 host key is known for x\.; Host key verification failed\.$/,
    ],
    [
      'x@y: Permission denied (publickey).\nfatal: Could not read from remote repository.\n',
      'authentication',
      /identity/,
    ],
    [
      'Connection closed by 10.0.0.1 port 22\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n',
      'unreachable',
      /^Connection closed by 10\.0\.0\.1 port 22$/,
    ],
    [
      'No user exists for uid 65532\nfatal: Could not read from remote repository.\n',
      'unreachable',
      /^No user exists for uid 65532$/,
    ],
    [
      'fatal: Could not read from remote repository.\n',
      'unreachable',
      /^Could not read from remote repository\.$/,
    ],
    ["fatal: '/x' does not appear to be a git repository\n", 'not-found', /^repository not found$/],
    ['fatal: remote error: upload-pack: not our ref abc\n', 'refused', /not our ref/],
    ["fatal: unable to access 'http://x/': The requested URL returned error: 503\n", 'unreachable', /503$/],
    [
      "fatal: unable to access 'http://x/': Failed to connect to x port 1\n",
      'unreachable',
      /Failed to connect/,
    ],
    [
      "fatal: unable to access 'http://x/': Failed to connect to x port 1 after 12 ms: Couldn't connect to server\n",
      'unreachable',
      /Failed to connect to x port 1: Couldn't connect to server$/,
    ],
    [
      'fatal: the server leads elsewhere: The requested URL returned error: 302\n',
      'redirected',
      /error: 302$/,
    ],
    [
      'error: object file is empty\nfatal: loose object is corrupt\n',
      'local',
      /^object file is empty; loose object/,
    ],
    ['', 'local', /^git failed$/],
  ])('%j is told apart', (stderr, failure, message) => {
    expect(failed(stderr).failure).toBe(failure);
    expect(failed(stderr).message).toMatch(message);
  });

  it('of a deadline names the field that sets it', () => {
    const error = new ProgramError({ program: 'git', failure: 'timeout', message: 'git did not finish' });

    expect(gitError(error, 90_000)).toMatchObject({
      failure: 'timeout',
      message: 'timed out after 90s; spec.timeout is the limit',
    });
  });
});
