import type { Command } from 'commander';
import { formatDuration } from '@flotilla/common/duration/duration';
import { Answered, CliError, exitCodes, failure, usageError } from '../errors/cli-error.js';
import { askPatiently } from '../hub/ask-patiently.js';
import type { HubClient } from '../hub/hub-client.js';
import { openHub } from '../hub/open-hub.js';
import type { Plan } from '../hub/plan-schema.js';
import { plan as planSchema } from '../hub/plan-schema.js';
import { planLines } from '../hub/tables/plan-table.js';
import type { ClusterTargets } from '../options/cluster-targets.js';
import { meansFleet, withClusterTargets } from '../options/cluster-targets.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { printData } from '../output/print-data.js';
import { action, failed, hint, success, waiting } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import { sleep } from '../sleep.js';

interface PlanOptions extends GlobalOptions, DataOptions, ClusterTargets {
  readonly ref?: string;
  readonly id?: string;
  readonly source?: string;
  readonly pipeline?: string;
  readonly commit?: string;
  readonly wait: boolean;
  readonly exitCode?: boolean;
}

const askMs = 500;
/** Whoever is offline is not waited for as long as the command may take. */
const usualMs = 120_000;
const longestMs = 900_000;
const shortestMs = 10_000;
/** What other commands that compare end with. */
const somethingChanges = 2;

/** `plan --ref BRANCH`. */
export function addPlan(program: Command, runtime: Runtime): void {
  const command = program
    .command('plan')
    .description('Which clusters and objects a branch would change, before it is merged')
    .option('--ref <branch>', 'branch, or the full name of a ref, e.g. refs/pull/7/head')
    .option(
      '--source <name>',
      'GitRepository that would follow it, NAME or NAMESPACE/NAME; default: the only one',
    )
    .option('--pipeline <name>', 'all Git sources of a pipeline, on the clusters of its environments')
    .option('--commit <sha>', 'commit that the ref is expected at; elsewhere the plan fails')
    .option('--id <id>', 'show a plan that was made before')
    .option('--wait', 'wait for all clusters', true)
    .option('--no-wait', 'only ask; --id shows what comes of it')
    .option('--exit-code', 'end with 2 when something would change, 0 when nothing would');
  withData(withClusterTargets(command))
    .addHelpText(
      'after',
      `
  flotilla plan --ref feature -l env=prod
  flotilla plan --ref refs/pull/7/head --pipeline shop -o json

+ created  ~ configured  - deleted  ± deleted and created anew. Nothing changes in any cluster; values of Secrets do
not leave them. Exit code 1 when a cluster failed, refused or was not reached; with --exit-code also 2 when something
would change.`,
    )
    .action(async (_options, leaf: Command) => plan(runtime, leaf.optsWithGlobals()));
}

async function plan(runtime: Runtime, options: PlanOptions): Promise<void> {
  checkOptions(options);
  const hub = await openHub(runtime, options);
  const deadline = performance.now() + options.timeout;
  const asked = await begin(runtime, hub, options);
  const isDone = options.wait || options.id !== undefined;
  const seen = isDone ? await follow(runtime, hub, asked, deadline) : asked;
  if (options.output) await printData(runtime, options.output, seen);
  else if (isDone) show(runtime, seen);
  else runtime.terminal.out(`${seen.id}\n`);
  if (!isDone) return hint(runtime, `flotilla plan --id ${seen.id} shows what comes of it`);
  conclude(seen, options.timeout);
  if (options.exitCode && changesSomething(seen)) throw new Answered(somethingChanges);
}

function checkOptions(options: PlanOptions): void {
  const { ref, id, source, pipeline, commit } = options;
  meansFleet(options);
  if (id === undefined && ref === undefined) throw usageError('--ref: which branch?', 'e.g. --ref feature');
  if (options.exitCode && !options.wait && id === undefined)
    throw usageError('--exit-code: nothing is known without waiting', 'leave out --no-wait');
  if (source !== undefined && pipeline !== undefined)
    throw usageError('--source and --pipeline: give one of them', 'a pipeline names its sources itself');
  const others = [ref, source, pipeline, commit, options.cluster, options.selector];
  if (id !== undefined && others.some((other) => other !== undefined))
    throw usageError('--id: a plan that was made before has its own ref and clusters', 'give --id alone');
}

async function begin(runtime: Runtime, hub: HubClient, options: PlanOptions): Promise<Plan> {
  const { id, ref, source, pipeline, commit, cluster, selector } = options;
  if (id !== undefined) return read(hub, id);
  action(runtime, `asking clusters what ${ref ?? ''} would change`);
  const body = {
    ref,
    ttlSeconds: Math.ceil(patienceMs(options.timeout) / 1000),
    ...(source === undefined ? {} : { source }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(commit === undefined ? {} : { commit }),
    ...(cluster === undefined ? {} : { clusters: [...new Set(cluster)] }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
  };
  return hub.ask(planSchema, { method: 'POST', path: '/plans', body });
}

/** Somebody who waits longer than usual means it. */
function patienceMs(timeout: number): number {
  const wanted = timeout > 300_000 ? timeout : Math.min(timeout, usualMs);
  return Math.min(longestMs, Math.max(shortestMs, wanted));
}

function read(hub: HubClient, id: string): Promise<Plan> {
  return hub.ask(planSchema, { method: 'GET', path: `/plans/${encodeURIComponent(id)}` });
}

/** Reads the plan until every cluster has answered; tells which have. */
async function follow(runtime: Runtime, hub: HubClient, asked: Plan, deadline: number): Promise<Plan> {
  const told = new Set<string>();
  const again = () => askPatiently(runtime, () => read(hub, asked.id), deadline);
  for (let seen = asked; ; seen = await again()) {
    tellNews(runtime, seen, told);
    if (seen.state !== 'Running' || performance.now() >= deadline) return seen;
    await sleep(Math.min(askMs, Math.max(1, deadline - performance.now())), runtime.signal);
    runtime.signal.throwIfAborted();
  }
}

function tellNews(runtime: Runtime, { clusters }: Plan, told: Set<string>): void {
  for (const { cluster, source, state, message } of clusters) {
    const key = `${cluster} ${source.namespace}/${source.name}`;
    if (isOpen(state) || told.has(key)) continue;
    told.add(key);
    const said = message === '' ? '' : `: ${message}`;
    if (state === 'Complete') success(runtime, `${cluster}: planned${said}`);
    else failed(runtime, `${cluster}: ${state}${said}`);
  }
  const open = clusters.filter(({ state }) => isOpen(state)).length;
  const line = `waiting for ${open} ${open === 1 ? 'cluster' : 'clusters'}`;
  if (open === 0 || told.has(line)) return;
  told.add(line);
  waiting(runtime, line);
}

function isOpen(state: string): boolean {
  return state === 'Waiting' || state === 'Running';
}

function show(runtime: Runtime, seen: Plan): void {
  const lines = planLines(seen, runtime.terminal.paintOut);
  runtime.terminal.out(`${lines.join('\n')}\n`);
}

function changesSomething({ groups, totals }: Plan): boolean {
  return groups.length > 0 || totals.omitted > 0;
}

function conclude({ id, state, clusters }: Plan, timeout: number): void {
  const bad = clusters.filter((one) => !isOpen(one.state) && one.state !== 'Complete');
  if (state === 'Running')
    throw new CliError(exitCodes.timedOut, `plan ${id}: not complete within ${formatDuration(timeout)}`, {
      remedy: `flotilla plan --id ${id} shows it later; --timeout waits longer`,
    });
  if (bad.length === 0) return;
  const names = bad.map((one) => `${one.cluster} ${one.state}`);
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  throw failure(`plan ${id} is not whole: ${names.slice(0, 10).join(', ')}${more}`);
}
