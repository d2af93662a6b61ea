import type { Command } from 'commander';
import { usageError } from '../errors/cli-error.js';
import { openHub } from '../hub/open-hub.js';
import { collect, collectLabels, parseTtl, wholeNumber, wordsOf } from '../options/parsers.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { formatAge } from '../output/age.js';
import { printData } from '../output/print-data.js';
import { hint } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

const roles = ['viewer', 'operator', 'admin'] as const;

interface TokenCreateOptions extends GlobalOptions, DataOptions {
  readonly join?: boolean;
  readonly name?: string;
  readonly role?: readonly string[];
  readonly groups?: readonly string[];
  readonly emails?: readonly string[];
  readonly ttl?: number;
  readonly cluster?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly uses?: number;
}

/** `token create`: the token is printed this once, alone on stdout. */
export function addTokenCreate(token: Command, runtime: Runtime): void {
  const command = token
    .command('create')
    .description('Make a token and print it, once: an API token, or with --join one for new clusters')
    .option('--ttl <duration>', 'how long it is valid, e.g. 1h or 30d', parseTtl)
    .optionsGroup('API token:')
    .option('--name <name>', 'who or what uses it; stands in the audit trail')
    .option('--role <role>', `one of ${roles.join(', ')}`, wordsOf(roles))
    .option('--groups <names>', 'groups whose quotas of approvals count it, several between commas', collect)
    .option(
      '--emails <addresses>',
      'addresses of the person in Git: authors may not approve, nor may a token without',
      collect,
    )
    .optionsGroup('Join token:')
    .option('--join', 'a token with which agents enrol')
    .option('--cluster <name>', 'only a cluster of this name may enrol', collect)
    .option('--labels <labels>', 'labels of the clusters, key=value', collectLabels)
    .option('--uses <number>', 'how many clusters may enrol with it (default: 1)', wholeNumber(1, 10_000))
    .optionsGroup('Options:');
  withData(command)
    .addHelpText(
      'after',
      `
  flotilla token create --name ci --role operator --ttl 90d
  flotilla token create --name ada --role operator --groups sre --emails ada@example.com
  flotilla token create --join --cluster prod --labels env=prod`,
    )
    .action(async (_options, leaf: Command) => {
      const options = leaf.optsWithGlobals<TokenCreateOptions>();
      await (options.join ? createJoinToken(runtime, options) : createApiToken(runtime, options));
    });
}

async function createApiToken(runtime: Runtime, options: TokenCreateOptions): Promise<void> {
  const wrong = (['cluster', 'labels', 'uses'] as const).find((flag) => options[flag] !== undefined);
  if (wrong) throw usageError(`--${wrong}: belongs to a join token`, 'add --join');
  const { name, role: [role, ...others] = [], groups, emails, ttl, output } = options;
  if (others.length > 0)
    throw usageError('--role: a token has one role', 'the strongest of them may do what the others may');
  if (name === undefined || role === undefined)
    throw usageError(
      `--${name === undefined ? 'name' : 'role'} is missing`,
      `an API token needs --name and --role (${roles.join(', ')}); a token for new clusters needs --join`,
    );
  const hub = await openHub(runtime, options);
  const created = await hub.createApiToken({
    name,
    role,
    ...(groups === undefined ? {} : { groups }),
    ...(emails === undefined ? {} : { emails }),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
  });
  await printToken(runtime, created, output);
  hint(
    runtime,
    `id ${created.id}, ${validity(created.expiresAt, hub.now(runtime.now()))}; it is not shown again`,
  );
  if (role !== 'viewer' && (emails ?? []).length === 0)
    hint(runtime, 'without --emails it may not approve promotions, unless their gate lets authors approve');
  hint(runtime, `next: flotilla login --hub ${hub.hub}`);
}

async function createJoinToken(runtime: Runtime, options: TokenCreateOptions): Promise<void> {
  const wrong = (['name', 'role', 'groups', 'emails'] as const).find((flag) => options[flag] !== undefined);
  if (wrong)
    throw usageError(
      `--${wrong}: belongs to an API token`,
      'leave out --join, or use --cluster for the name of a cluster',
    );
  const { cluster = [], labels, uses, ttl, output } = options;
  const [clusterName, ...others] = cluster;
  if (others.length > 0)
    throw usageError(
      '--cluster: a join token is for one name, or for any',
      'make a token for each, or use --uses',
    );
  const hub = await openHub(runtime, options);
  const created = await hub.createJoinToken({
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    ...(uses === undefined ? {} : { uses }),
    ...(labels === undefined ? {} : { labels }),
    ...(clusterName === undefined ? {} : { clusterName }),
  });
  await printToken(runtime, created, output);
  hint(
    runtime,
    `id ${created.id}, ${validity(created.expiresAt, hub.now(runtime.now()))}, for ${created.uses} ${created.uses === 1 ? 'cluster' : 'clusters'}; it is not shown again`,
  );
  hint(runtime, `next, with the token in the file join-token:\n  ${agentCommand(hub.hub, clusterName)}`);
}

/** How an agent is started; 8443 is the port that hubs listen on for agents unless told otherwise. */
export function agentCommand(hub: string, clusterName: string | undefined): string {
  const { hostname } = new URL(hub);
  return `flotilla-agent --hub-address ${hostname}:8443 --cluster-name ${clusterName ?? 'NAME'} --join-token-file join-token`;
}

async function printToken(
  runtime: Runtime,
  created: { readonly token: string },
  output: 'json' | 'yaml' | undefined,
): Promise<void> {
  if (output) await printData(runtime, output, created);
  else runtime.terminal.out(`${created.token}\n`);
}

function validity(expiresAt: string | null, now: Date): string {
  return expiresAt === null
    ? 'valid until it is revoked'
    : `valid for ${formatAge(Date.parse(expiresAt) - now.getTime() + 500)}`;
}
