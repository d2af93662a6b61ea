import type { Command } from 'commander';
import { usageError } from '../errors/cli-error.js';
import { collect } from './parsers.js';

/** Clusters of the fleet that a command is about. */
export interface ClusterTargets {
  readonly cluster?: readonly string[];
  /** About the labels of clusters. */
  readonly selector?: string;
}

/** `--cluster` and `-l`: with one of them an action goes to the hub. */
export function withClusterTargets(command: Command): Command {
  return command
    .optionsGroup('Through the hub:')
    .option('--cluster <names>', 'clusters of the fleet, several between commas', collect)
    .option('-l, --selector <labels>', 'clusters of the fleet with these labels, e.g. env=prod')
    .optionsGroup('Options:');
}

/** Whether the fleet is meant. @throws CliError when both flags are given */
export function meansFleet({ cluster, selector }: ClusterTargets): boolean {
  if (cluster !== undefined && selector !== undefined)
    throw usageError('--cluster and -l: give one of them', 'name the clusters, or select them by labels');
  if (selector?.trim() === '')
    throw usageError('-l: an empty selector would be every cluster', 'select by labels, e.g. -l env=prod');
  return cluster !== undefined || selector !== undefined;
}
