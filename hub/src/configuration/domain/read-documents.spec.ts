import { describe, expect, it } from 'vitest';
import { readDocuments } from './read-documents.js';

const environment = (name: string) => ({
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Environment',
  metadata: { name },
  spec: { selector: { matchLabels: { env: 'a' } } },
});

describe('readDocuments', () => {
  it('tells the problems of all documents', () => {
    const bad = { ...environment('a'), spec: {} };
    const { problems } = readDocuments([bad, { kind: 'Nothing' }, environment('good'), 7]);
    expect(problems.map(({ document, field }) => `${document} ${field}`)).toEqual([
      'Environment/a spec.selector',
      'Nothing/? kind',
      'document/? kind',
    ]);
  });

  it('refuses a document that is there twice', () => {
    expect(readDocuments([environment('a'), environment('b'), environment('a')]).problems).toEqual([
      {
        document: 'Environment/a',
        field: 'metadata.name',
        message: 'is there more than once; which one counts?',
      },
    ]);
  });
});
