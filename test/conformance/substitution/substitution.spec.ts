import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, startConformanceRig } from '../rig/conformance-agent.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import { substitutionRows } from './behaviour.rows.js';
import { grammarRows } from './grammar.rows.js';
import { checkGrammar, substituteAll, type Texts } from './run-grammar.js';

let rig: ConformanceRig;
let texts: Promise<Texts> | undefined;
beforeAll(async () => {
  rig = await startConformanceRig();
});
afterAll(() => rig?.stop());

describe('the grammar of substitution', () => {
  testRows(grammarRows, (row) => checkGrammar(row, (texts ??= substituteAll(rig))));
});

describe('substitution', () => {
  testRows(substitutionRows, (row) => runScenario(rig, row));
});
