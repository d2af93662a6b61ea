import { readFileSync } from 'node:fs';
import { parseFleetDocument } from '@flotilla/common/fleet-api/document';
import type { FleetDocument } from '@flotilla/common/fleet-api/document';
import { fieldRows, fieldTables, fieldTablesMarkdown } from '@flotilla/common/fleet-api/field-table';
import { parseYamlDocuments } from '@flotilla/common/yaml/parse';
import { describe, expect, it } from 'vitest';
import { checkPipeline } from '../pipelines/domain/check-pipeline.js';

const page = readFileSync(new URL('../../../docs/spec/pipelines.md', import.meta.url), 'utf8');

describe('docs/spec/pipelines.md', () => {
  it('has the tables of the schemas (npm run generate)', () => {
    expect(page.endsWith(`## Fields\n\n${fieldTablesMarkdown()}\n`)).toBe(true);
  });

  it('says what every field means', () => {
    const silent = fieldTables.flatMap(({ schema }) =>
      fieldRows(schema).filter(({ meaning }) => meaning === ''),
    );
    expect(silent).toEqual([]);
  });

  it('has an example that can be applied', () => {
    const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? '';
    const documents: FleetDocument[] = parseYamlDocuments(example).map(({ value }) =>
      parseFleetDocument(value),
    );
    expect(documents.map(({ kind }) => kind)).toEqual(['Environment', 'Environment', 'Pipeline']);
    const problems = documents.flatMap((one) => (one.kind === 'Pipeline' ? checkPipeline(one.spec) : []));
    expect(problems).toEqual([]);
  });
});
