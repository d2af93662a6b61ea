import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { crdFiles } from './crd-files.js';

const folder = fileURLToPath(new URL('../../../helm/flotilla-agent/crds', import.meta.url));

it('the chart carries the CRDs of the schemas; after a change of a schema run npm run generate', () => {
  const committed = readdirSync(folder)
    .toSorted()
    .map((name) => ({ name, text: readFileSync(`${folder}/${name}`, 'utf8') }));
  expect(committed).toEqual(crdFiles().toSorted((a, b) => (a.name < b.name ? -1 : 1)));
});
