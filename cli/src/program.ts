import { Command } from 'commander';
import { addAbort } from './commands/abort.js';
import { addApply } from './commands/apply.js';
import { addApprove, addReject } from './commands/approve.js';
import { addBreakGlass } from './commands/break-glass.js';
import { addCheck } from './commands/check.js';
import { addClusterAdmin } from './commands/cluster-admin.js';
import { addContexts } from './commands/contexts.js';
import { addDelete } from './commands/delete.js';
import { addDescribeCluster } from './commands/describe-cluster.js';
import { addDescribeFreeze } from './commands/describe-freeze.js';
import { addDescribePipeline } from './commands/describe-pipeline.js';
import { addDescribePromotion } from './commands/describe-promotion.js';
import { addDescribeRelease } from './commands/describe-release.js';
import { addDescribeRollout } from './commands/describe-rollout.js';
import { addEvents } from './commands/events.js';
import { addFreeze } from './commands/freeze.js';
import { addGetClusters } from './commands/get-clusters.js';
import { addGetEnvironments } from './commands/get-environments.js';
import { addGetFlux } from './commands/get-flux.js';
import { addGetFreezes } from './commands/get-freezes.js';
import { addGetIntents } from './commands/get-intents.js';
import { addGetObjects } from './commands/get-objects.js';
import { addGetPipelines } from './commands/get-pipelines.js';
import { addGetPromotions } from './commands/get-promotions.js';
import { addGetReleases } from './commands/get-releases.js';
import { addGetRollouts } from './commands/get-rollouts.js';
import { addGetVetoes } from './commands/get-vetoes.js';
import { addLogin } from './commands/login.js';
import { addLogout } from './commands/logout.js';
import { addPlan } from './commands/plan.js';
import { addPromote } from './commands/promote.js';
import { addReconcile } from './commands/reconcile.js';
import { addReleaseCreate } from './commands/release-create.js';
import { addResume } from './commands/resume.js';
import { addRolloutVerbs } from './commands/rollout-verbs.js';
import { addSuspend } from './commands/suspend.js';
import { addTokenCreate } from './commands/token-create.js';
import { addTokenList } from './commands/token-list.js';
import { addTokenRevoke } from './commands/token-revoke.js';
import { addTree } from './commands/tree.js';
import { addVeto } from './commands/veto.js';
import { addWhere } from './commands/where.js';
import { addWhoami } from './commands/whoami.js';
import { addGlobalOptions } from './options/global-options.js';
import type { Runtime } from './runtime.js';
import { cliVersion } from './version.js';

const epilogue = `
Two things can be asked:
  the fleet, through a hub        get clusters|objects|intents, where, plan, events, token, cluster, describe,
                                  releases through environments: apply, get pipelines|promotions|rollouts,
                                  promote, approve, pause, rollback, veto, freeze and the others of that group,
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
    .description('Show clusters, objects, intents, pipelines, promotions; and Flux objects of one cluster');
  addReconcile(program, runtime);
  addSuspend(program, runtime);
  addResume(program, runtime);
  addFleet(program.commandsGroup('Fleet:'), runtime);
  addDelivery(program.commandsGroup('Releases through environments:'), runtime);
  program.commandsGroup('Cluster:');
  addCheck(program, runtime);
  addTree(program, runtime);
  program.commandsGroup('Hubs:');
  addLogin(program, runtime);
  addLogout(program, runtime);
  addWhoami(program, runtime);
  addContexts(program, runtime);
  addGet(get, runtime);
  return program;
}

function addFleet(program: Command, runtime: Runtime): void {
  addWhere(program, runtime);
  addPlan(program, runtime);
  addEvents(program, runtime);
  const describe = program.command('describe').description('Everything about one thing, for people');
  addDescribeCluster(describe, runtime);
  addDescribePipeline(describe, runtime);
  addDescribeRelease(describe, runtime);
  addDescribePromotion(describe, runtime);
  addDescribeRollout(describe, runtime);
  addDescribeFreeze(describe, runtime);
  addClusterAdmin(program, runtime);
  const token = program.command('token').description('Tokens for people, programs and new clusters');
  addTokenCreate(token, runtime);
  addTokenList(token, runtime);
  addTokenRevoke(token, runtime);
}

function addDelivery(program: Command, runtime: Runtime): void {
  addApply(program, runtime);
  addDelete(program, runtime);
  addReleaseCreate(program, runtime);
  addPromote(program, runtime);
  addApprove(program, runtime);
  addReject(program, runtime);
  addAbort(program, runtime);
  addRolloutVerbs(program, runtime);
  addVeto(program, runtime);
  addFreeze(program, runtime);
  addBreakGlass(program, runtime);
}

function addGet(get: Command, runtime: Runtime): void {
  addGetClusters(get.commandsGroup('Fleet:'), runtime);
  addGetObjects(get, runtime);
  addGetIntents(get, runtime);
  addGetEnvironments(get.commandsGroup('Releases through environments:'), runtime);
  addGetPipelines(get, runtime);
  addGetReleases(get, runtime);
  addGetPromotions(get, runtime);
  addGetRollouts(get, runtime);
  addGetFreezes(get, runtime);
  addGetVetoes(get, runtime);
  addGetFlux(get.commandsGroup('Cluster of the kubeconfig, or with --cluster the fleet:'), runtime);
}
