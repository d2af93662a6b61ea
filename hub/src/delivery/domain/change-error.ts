/** A change that Git cannot be given as it is: nothing that waiting would mend. The message is for people. */
export class ChangeError extends Error {
  override readonly name = 'ChangeError';
}
