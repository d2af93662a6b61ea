import type { Command } from 'commander';
import { Option } from 'commander';
import type { Runtime } from '../runtime.js';
import { parseTimeout } from './parsers.js';
import { usageError } from '../errors/cli-error.js';

/** Flags that stand before or after any command. */
export interface GlobalOptions {
  readonly hub?: string;
  readonly token?: string;
  readonly context?: string;
  readonly caFile?: string;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
  readonly namespace?: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Adds the flags that every command knows. */
export function addGlobalOptions(program: Command): void {
  program
    .optionsGroup('Which hub (fleet commands):')
    .option('--hub <url>', 'address of the hub (env FLOTILLA_HUB; default: the context of "flotilla login")')
    .option(
      '--token <token>',
      'API token; prefer "flotilla login", or the variable, which ps does not show (env FLOTILLA_TOKEN)',
    )
    .option('--context <name>', 'context that "flotilla login" has stored (env FLOTILLA_CONTEXT)')
    .option('--ca-file <path>', "PEM file with the CA of the hub's certificate (env FLOTILLA_CA_FILE)")
    .optionsGroup('Which cluster (Flux commands):')
    .option('--kubeconfig <path>', 'kubeconfig file (env KUBECONFIG; default ~/.kube/config)')
    .option('--kube-context <name>', 'context of the kubeconfig')
    .option(
      '-n, --namespace <name>',
      'namespace of the objects (env FLUX_SYSTEM_NAMESPACE; default flux-system)',
    )
    .optionsGroup('General:')
    .addOption(
      new Option('--timeout <duration>', 'how long to wait, for example 30s or 10m')
        .argParser(parseTimeout)
        .default(300_000, '5m'),
    );
}

/** Namespace of one cluster's objects, as Flux chooses it. */
export function namespaceOf(options: GlobalOptions, env: Runtime['env']): string {
  return options.namespace ?? (env['FLUX_SYSTEM_NAMESPACE'] || 'flux-system');
}

/** Refuses flags of a kubeconfig on a command that asks the hub. @throws CliError */
export function forHub(options: GlobalOptions): void {
  const wrong =
    options.kubeconfig === undefined
      ? options.kubeContext === undefined
        ? undefined
        : '--kube-context'
      : '--kubeconfig';
  if (wrong === undefined) return;
  throw usageError(
    `${wrong}: this command asks the hub, which needs no kubeconfig`,
    'choose the hub with --hub or --context; without --cluster and -l the Flux commands ask the cluster of a kubeconfig',
  );
}

/** Refuses flags of a hub on a command that asks one cluster. @throws CliError */
export function forCluster(options: GlobalOptions): void {
  if (options.context !== undefined) {
    throw usageError(
      `--context ${options.context}: this command asks the cluster of a kubeconfig, and --context names a hub`,
      'use --kube-context for a context of the kubeconfig, or --cluster NAME to ask the hub about a cluster of the fleet',
    );
  }
  const wrong = (['hub', 'token', 'caFile'] as const).find((name) => options[name] !== undefined);
  if (wrong === undefined) return;
  throw usageError(
    `--${wrong === 'caFile' ? 'ca-file' : wrong}: this command asks the cluster of a kubeconfig, not the hub`,
    'add --cluster NAME to ask the hub about a cluster of the fleet',
  );
}
