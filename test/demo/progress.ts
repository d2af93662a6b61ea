// What a person reads while the demo runs: one line a step on stderr.

export interface Progress {
  /** Announces a step; the returned function ends it with how long it took. */
  step(text: string): () => void;
  say(text: string): void;
}

export function createProgress(
  write: (text: string) => void = (text) => process.stderr.write(text),
): Progress {
  const started = Date.now();
  const at = (): string => `${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s`;
  return {
    step(text) {
      const begin = Date.now();
      write(`${at()}  ${text} …\n`);
      return () => write(`${at()}  ${text}: done in ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
    },
    say: (text) => write(`${at()}  ${text}\n`),
  };
}
