// The demo as a user runs it: its story has to happen, and its document to say so.
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../servers/repository-root.js';
import { runTool, type ToolResult } from '../servers/tool.js';
import type { DemoResult } from './show.js';

let told: ToolResult;
let result: DemoResult;

beforeAll(async () => {
  told = await runTool(process.execPath, [join(repositoryRoot(), 'scripts', 'demo.mjs'), '--once', '--json']);
  result = JSON.parse(told.stdout || '{}') as DemoResult;
}, 600_000);

describe('npm run demo -- --once --json', () => {
  it('ends well', () => {
    expect(told.code, told.stderr).toBe(0);
  });

  it('brings a good commit to dev by itself, to staging after its soak, and to both waves of prod once approved', () => {
    const { promotion } = result;
    expect(promotion.environments.map(({ name, state }) => [name, state])).toEqual([
      ['dev', 'Promoted'],
      ['staging', 'Promoted'],
      ['prod', 'Promoted'],
    ]);
    expect(promotion.approval.waitedFor).toContain('approval');
    expect(promotion.approval.approvedBy).toHaveLength(1);
    expect(promotion.waves).toEqual([
      { name: 'canary', state: 'Done', clusters: ['prod-canary'] },
      { name: 'everyone', state: 'Done', clusters: ['prod'] },
    ]);
  });

  it('stops a bad commit at the canary, which goes back by itself', () => {
    expect(result.rollback).toMatchObject({
      state: 'RolledBack',
      stoppedAt: 'canary',
      touched: ['prod-canary'],
      untouched: ['prod'],
      vetoed: true,
      backAt: result.promotion.revision,
    });
  });
});
