import { FleetWorld } from '../hub-fleet/fleet-world.js';
import {
  applyPipelines,
  measureAtOnce,
  measureKilled,
  measureSingles,
} from '../hub-fleet/measure-rollouts.js';
import { measureChanges, measureJoining, measureReturn } from '../hub-fleet/measure-truth.js';
import type { Scenario } from '../scenario.js';

/** A hub with a fleet of agents that speak the real protocol from a few processes. */
export const hubFleet: Scenario = {
  name: 'hub-fleet',
  title: 'a hub with many agents: truth, rollouts, kills',
  async run({ sizes, progress }, report) {
    progress('starting the hub');
    const world = await FleetWorld.start(sizes.hub);
    try {
      const { agents, rollouts } = sizes.hub;
      progress(`${agents} agents enrol`);
      report(await measureJoining(world));
      progress('changes, until the API tells of them');
      report(await measureChanges(world));
      progress('the hub is killed');
      report(await measureReturn(world));
      progress('applying pipelines');
      await applyPipelines(world);
      progress(`${sizes.hub.singles} rollouts, one after the other`);
      report(await measureSingles(world));
      progress(`${rollouts} rollouts at once`);
      report(await measureAtOnce(world));
      progress(`${rollouts} rollouts at once, and the hub is killed`);
      report(await measureKilled(world));
    } finally {
      await world.stop();
    }
  },
};
