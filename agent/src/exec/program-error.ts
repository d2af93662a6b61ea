/** Why a program gave no result. */
export type ProgramFailure =
  | 'exit'
  | 'signal'
  | 'timeout'
  | 'aborted'
  | 'output-limit'
  | 'disk-limit'
  | 'start';

/** A program failed. Neither the message nor stderr holds a secret that the caller named. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly program: string;
  readonly failure: ProgramFailure;
  /** Absent when the program did not end by itself. */
  readonly exitCode: number | undefined;
  /** The last part of what the program said. */
  readonly stderr: string;

  constructor(init: {
    program: string;
    failure: ProgramFailure;
    message: string;
    exitCode?: number;
    stderr?: string;
  }) {
    super(init.message);
    this.program = init.program;
    this.failure = init.failure;
    this.exitCode = init.exitCode;
    this.stderr = init.stderr ?? '';
  }
}
