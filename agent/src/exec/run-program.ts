/** How to run one program. Nothing of the agent's own environment reaches it but what `env` says. */
export interface ProgramOptions {
  args: readonly string[];
  cwd?: string;
  /** The whole environment; PATH, HOME and LANG get safe defaults. */
  env?: Readonly<Record<string, string>>;
  stdin?: string | Uint8Array;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Bytes of stdout that are kept; more is an error. Default 64 MiB. */
  maxStdoutBytes?: number;
  /** Texts (passwords, tokens) that are replaced by *** in every message and in stderr. */
  secrets?: readonly string[];
}

export interface ProgramResult {
  stdout: Buffer;
  stderr: string;
}

/** Runs a program to its end; the only door to child processes. @throws ProgramError */
export type RunProgram = (file: string, options: ProgramOptions) => Promise<ProgramResult>;
