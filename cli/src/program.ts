import { Command } from 'commander';
import { addCheck } from './commands/check.js';
import { addClusterAdmin } from './commands/cluster-admin.js';
import { addContexts } from './commands/contexts.js';
import { addDescribeCluster } from './commands/describe-cluster.js';
import { addEvents } from './commands/events.js';
import { addGetClusters } from './commands/get-clusters.js';
import { addGetFlux } from './commands/get-flux.js';
import { addGetIntents } from './commands/get-intents.js';
import { addGetObjects } from './commands/get-objects.js';
import { addLogin } from './commands/login.js';
import { addLogout } from './commands/logout.js';
import { addReconcile } from './commands/reconcile.js';
import { addResume } from './commands/resume.js';
import { addSuspend } from './commands/suspend.js';
import { addTokenCreate } from './commands/token-create.js';
import { addTokenList } from './commands/token-list.js';
import { addTokenRevoke } from './commands/token-revoke.js';
import { addTree } from './commands/tree.js';
import { addWhere } from './commands/where.js';
import { addWhoami } from './commands/whoami.js';
import { addGlobalOptions } from './options/global-options.js';
import type { Runtime } from './runtime.js';
import { cliVersion } from './version.js';

const epilogue = `
Two things can be asked:
  the fleet, through a hub        get clusters|objects|intents, where, events, token, cluster, describe,
                                  and reconcile, suspend, resume, get ... with --cluster (the actions also with -l)
  one cluster, by its kubeconfig  the commands of Flux: check, tree, get kustomizations|sources|all,
                                  reconcile, suspend and resume without --cluster and -l

Exit codes: 0 done, 1 failed or not ready, 2 wrong usage, 3 not reachable or not admitted, 4 not found,
            5 not done within --timeout, 130 interrupted`;

/** The command line. Nothing that talks to a server is loaded before its command runs. */
export function createProgram(runtime: Runtime): Command {
  const program = new Command('flotilla')
    .description(
      'Looks after a fleet of clusters through a hub, and after one cluster as the Flux command does.',
    )
    .version(cliVersion)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => runtime.terminal.out(text),
      writeErr: (text) => runtime.terminal.err(text),
      outputError: (text, write) => write(`✗ ${text.replace(/^error: /, '')}`),
    })
    .showSuggestionAfterError(true)
    .addHelpText('after', epilogue);
  addGlobalOptions(program);
  program.commandsGroup('Fleet or cluster:');
  const get = program
    .command('get')
    .description('Show clusters, objects, intents; and Flux objects of one cluster');
  addReconcile(program, runtime);
  addSuspend(program, runtime);
  addResume(program, runtime);
  program.commandsGroup('Fleet:');
  addWhere(program, runtime);
  addEvents(program, runtime);
  addDescribeCluster(program, runtime);
  addClusterAdmin(program, runtime);
  const token = program.command('token').description('Tokens for people, programs and new clusters');
  program.commandsGroup('Cluster:');
  addCheck(program, runtime);
  addTree(program, runtime);
  program.commandsGroup('Hubs:');
  addLogin(program, runtime);
  addLogout(program, runtime);
  addWhoami(program, runtime);
  addContexts(program, runtime);
  addGetClusters(get.commandsGroup('Fleet:'), runtime);
  addGetObjects(get, runtime);
  addGetIntents(get, runtime);
  addGetFlux(get.commandsGroup('Cluster of the kubeconfig, or with --cluster the fleet:'), runtime);
  addTokenCreate(token, runtime);
  addTokenList(token, runtime);
  addTokenRevoke(token, runtime);
  return program;
}
