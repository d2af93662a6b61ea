// Writes the tables of fields into docs/spec/pipelines.md, from the compiled schemas.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.mjs';

const { fieldTablesMarkdown } = await import('../common/dist/fleet-api/field-table.js');
const page = join(root, 'docs', 'spec', 'pipelines.md');
const heading = '## Fields\n\n';
const text = readFileSync(page, 'utf8');
const before = text.slice(0, text.indexOf(heading) + heading.length);
writeFileSync(page, `${before}${fieldTablesMarkdown()}\n`);
