/** Bad YAML input. The message names document and line, both counted from 1, and never quotes values. */
export class YamlError extends Error {
  override readonly name = 'YamlError';

  constructor(
    readonly reason: string,
    /** Position of the document in its text, from 1. */
    readonly document: number,
    /** Line in the text, from 1; absent when the problem is the document as a whole. */
    readonly line?: number,
  ) {
    super(`document ${document}${line === undefined ? '' : `, line ${line}`}: ${reason}`);
  }
}
