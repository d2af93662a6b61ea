/** The build cannot succeed with these files. The text names the file and the field, and goes into the condition. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}
