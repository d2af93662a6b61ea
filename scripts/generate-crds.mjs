// Writes the CRDs into the chart of the agent, from the compiled schemas.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.mjs';

const { crdFiles } = await import('../agent/dist/crds/crd-files.js');
const folder = join(root, 'helm', 'flotilla-agent', 'crds');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const { name, text } of crdFiles()) writeFileSync(join(folder, name), text);
