import { HubError } from '../platform/errors/hub-error.js';
import type { ConfigurationProblem } from './domain/read-documents.js';

/** A set of documents that is refused as a whole: each problem names its document and field. */
export class RefusedDocuments extends HubError {
  constructor(override readonly problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(({ document, field, message }) => `${document}: ${field}: ${message}`);
    const [first] = problems;
    super('Invalid', lines.join('; '), {
      ...(first && { field: first.field }),
      remedy: 'nothing has been applied; correct the documents and apply them again',
      problems,
    });
  }
}
