/** git could not do what it was asked for. The message is for people and holds no secret. */
export class GitError extends Error {
  override readonly name = 'GitError';
  constructor(
    /** refused: the hub does not talk to this server. */
    readonly failure:
      | 'refused'
      | 'missing-program'
      | 'timeout'
      | 'aborted'
      | 'output-limit'
      | 'failed'
      | 'not-found',
    message: string,
  ) {
    super(message);
  }
}
