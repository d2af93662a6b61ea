import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextsPath, isOpenToOthers, parseContexts, readContexts, writeContexts } from './contexts.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-contexts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the file with the contexts', () => {
  it('is where XDG says', () => {
    expect(contextsPath({ XDG_CONFIG_HOME: '/x', HOME: '/h' })).toBe('/x/flotilla/config.yaml');
    expect(contextsPath({ HOME: '/h' })).toBe('/h/.config/flotilla/config.yaml');
  });

  it('does not have to be there', async () => {
    expect(await readContexts(join(folder, 'none', 'config.yaml'))).toEqual({ contexts: {} });
  });

  it('is read as it was written, is for its owner alone, and leaves no draft', async () => {
    const path = join(folder, 'new', 'config.yaml');
    const contexts = { current: 'a', contexts: { a: { hub: 'https://a', token: 'on', caFile: '/x' } } };
    await writeContexts(path, contexts);
    expect(await readContexts(path)).toEqual(contexts);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
    await writeContexts(path, { contexts: {} });
    expect(readdirSync(join(folder, 'new'))).toEqual(['config.yaml']);
  });

  it('becomes private again, and is noticed when it is not', async () => {
    const path = join(folder, 'open.yaml');
    writeFileSync(path, 'contexts: {}\n');
    chmodSync(path, 0o644);
    expect(await isOpenToOthers(path)).toBe(true);
    await writeContexts(path, { contexts: {} });
    expect(await isOpenToOthers(path)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('contexts: {}\n');
  });

  it.each([
    ['no YAML', 'contexts: [', 'config.yaml is not valid'],
    ['a missing token', 'contexts: {a: {hub: "https://a"}}', 'contexts.a.token'],
    ['an unknown field', 'curent: a', 'Unrecognized key'],
  ])('%s is told with the file and the field', async (_name, text, message) => {
    await expect(parseContexts(text, 'config.yaml')).rejects.toThrow(message);
  });
});
