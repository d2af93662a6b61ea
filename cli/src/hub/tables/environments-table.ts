import { ago } from '../../output/age.js';
import type { Cell } from '../../output/table.js';
import type { Environment } from '../document-schema.js';

export const environmentColumns = ['NAME', 'CLUSTERS', 'SELECTOR', 'PIPELINES', 'CHANGED', 'BY'];

export function environmentCells(environment: Environment, now: Date): Cell[] {
  const { name, clusters, selector, pipelines, updatedAt, updatedBy } = environment;
  const count: Cell = clusters === 0 ? { text: '0', tone: 'warning' } : String(clusters);
  return [name, count, selector, pipelines.join(',') || '-', ago(updatedAt, now), updatedBy];
}
