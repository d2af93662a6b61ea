// Helm with this repository's charts.
import { join } from 'node:path';
import { helmFor, type Helm } from '../servers/helm.js';
import { repositoryRoot } from '../servers/repository-root.js';
import type { ToolResult } from '../servers/tool.js';

export type Chart = 'flotilla-agent' | 'flotilla-hub';
export type Values = Readonly<Record<string, unknown>>;

/** Where a chart is. */
export const chartFolder = (chart: Chart): string => join(repositoryRoot(), 'helm', chart);

export interface Release {
  readonly helm: Helm;
  readonly namespace: string;
  readonly chart: Chart;
}

const common = ({ namespace, chart }: Release, values: Values) => [
  chart,
  chartFolder(chart),
  `--namespace=${namespace}`,
  ...Object.entries(values).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`]),
];

/** Installs, or upgrades to exactly these values; gives the notes. The release is called as the chart. */
export async function deploy(release: Release, values: Values): Promise<string> {
  return release.helm.run(['upgrade', '--install', '--create-namespace', ...common(release, values)]);
}

export async function uninstall({ helm, namespace, chart }: Release): Promise<void> {
  await helm.run(['uninstall', chart, `--namespace=${namespace}`]);
}

/** Renders without a cluster. */
export async function render(
  chart: Chart,
  values: Values,
  flags: readonly string[] = [],
): Promise<ToolResult> {
  const helm = await helmFor({ kubeconfig: '/nonexistent/kubeconfig' });
  return helm.try(['template', ...flags, ...common({ helm, namespace: 'flux-system', chart }, values)]);
}
