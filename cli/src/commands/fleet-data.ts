import { usageError } from '../errors/cli-error.js';
import type { DataOptions } from '../options/output-options.js';

/** An action on one cluster has no data to print; through the hub it has its intents. @throws CliError */
export function fleetDataOnly({ output }: DataOptions): void {
  if (output !== undefined)
    throw usageError(
      `-o ${output}: only actions through the hub have data to print`,
      'leave it out, or name clusters of the fleet with --cluster or -l',
    );
}
