import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitYaml } from '@flotilla/common/yaml/emit';
import { parseYaml } from '@flotilla/common/yaml/parse';
import { rigPrograms } from '../servers/programs.js';
import { toolOutput } from '../servers/tool.js';

// kubectl reads and writes YAML with the library that Flux uses for substitution (flux-compat 3.5), so it says
// what an object looks like there. The samples are fixed by their seed.

async function throughKubectl(input: string, output: string): Promise<string> {
  const { kubectl } = await rigPrograms();
  const args = ['annotate', '--local', '--overwrite', '-f', '-', 'a=b', '-o', output];
  return toolOutput(kubectl, args, { env: { HOME: '/nonexistent' }, input });
}

describe('YAML', () => {
  it('is written byte for byte as kubectl does', async () => {
    const signs = Array.from('ab01yn:-?#&*!|>\'"%@`{}[],. \n\t\r\\$~=<_é😀\u0001');
    const nasty = fc.string({ unit: fc.constantFrom(...signs) });
    const word = fc.constantFrom('a', '- b', '# c', 'd:', "'e'", '"f"', '', 'ggggggggg', 'é', '${v:=x y}');
    const long = fc.array(word, { maxLength: 80 }).map((words) => words.join(' '));
    // Keys without digits: the order of digits in keys is not transitive, so it has no one answer.
    const key = fc.string({ unit: fc.constantFrom(...Array.from('abXy-._/')), maxLength: 140 });
    const texts = fc.sample(fc.dictionary(key, fc.oneof(nasty, long), { maxKeys: 6 }), {
      numRuns: 1500,
      seed: 1,
    });
    const numbers = fc.sample(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), {
      numRuns: 1500,
      seed: 2,
    });
    const objects = texts.map((fields, i) => ({
      apiVersion: 'x/v1',
      kind: 'X',
      metadata: { name: `n${i}`, annotations: { a: 'b' } },
      list: Object.values(fields),
      nested: { list: [fields, [fields, ['x'], [], {}, null, true]] },
      number: numbers[i],
    }));
    const written = await throughKubectl(
      objects.map((object) => JSON.stringify(object)).join('\n---\n'),
      'yaml',
    );
    expect(written.split(/^---\n/m)).toEqual(objects.map(emitYaml));
  });

  it('is read as kubectl does: what is a number, a boolean or null, and which one', async () => {
    const unit = fc.constantFrom(...Array.from('01789-+._eExXobynN~'));
    const digits = fc.stringMatching(/^[1-9][0-9]{14,17}$/);
    const scalars = fc
      .sample(fc.oneof(fc.string({ unit, minLength: 1, maxLength: 8 }), digits), { numRuns: 4000, seed: 3 })
      .concat([
        'yes',
        'On',
        'y',
        'n',
        'N',
        'null',
        '2026-01-01',
        '1:30',
        '0x7fffffffffffffff',
        '9223372036854775807',
        '-9223372036854775808',
      ])
      // Document markers and list items are no scalars.
      .filter((text) => !/^(?:-|---|\.\.\.)$/.test(text));
    const input = scalars.map(
      (text, i) => `{apiVersion: x/v1, kind: X, metadata: {name: n${i}}, v: ${text}}`,
    );
    const read = (await throughKubectl(input.join('\n---\n'), 'jsonpath={.v}{"\\n"}')).split('\n');
    for (const [i, text] of scalars.entries()) {
      const { v } = parseYaml(`v: ${text}`) as { v: string | number | bigint | boolean | null };
      const same =
        typeof v === 'number' ? Number(read[i]) === v : read[i] === (v === null ? 'null' : String(v));
      expect(same, `${text}: kubectl reads ${read[i]}, we read ${String(v)}`).toBe(true);
    }
  });
});
