// A real hub on the PostgreSQL that it starts itself, and a fleet of simulated agents.
import { AgentProcesses } from '../agents/agent-processes.js';
import { HubProcess } from '../../e2e/hub-process.js';
import { waitFor } from '../../servers/wait-for.js';
import { memoryUse, type MemoryUse } from '../sample.js';
import type { HubSizes } from '../scenario.js';
import { fleetShape, type FleetShape } from './fleet-documents.js';

export class FleetWorld {
  readonly agents = new AgentProcesses();
  readonly shape: FleetShape;
  readonly names: readonly string[];
  /** Of each agent. */
  readonly objects: number;

  private constructor(
    readonly hub: HubProcess,
    readonly sizes: HubSizes,
  ) {
    this.shape = fleetShape(sizes.agents, sizes.rollouts);
    this.names = Array.from({ length: sizes.agents }, (_, index) => `cluster-${index}`);
    // Something is built from each source.
    this.objects = Math.max(sizes.objects, 2 * this.shape.sources.length);
  }

  static async start(sizes: HubSizes): Promise<FleetWorld> {
    return new FleetWorld(await HubProcess.start(), sizes);
  }

  /** Has all agents enrol; with the first sessions their tables go to the hub. */
  async join(): Promise<void> {
    const { environments, sources } = this.shape;
    const tokens = await Promise.all(
      environments.map((env) => this.hub.api.joinToken({ labels: { env }, uses: this.names.length })),
    );
    const { agentAddress: hubAddress, enrollAddress } = this.hub;
    await this.agents.start(
      this.names.map((name, index) => ({
        name,
        joinToken: tokens[index % tokens.length]!,
        hubAddress,
        enrollAddress,
        sources: sources.length,
        objects: this.objects,
        workMs: this.sizes.workMs,
      })),
    );
  }

  /** How many the hub counts in a list. */
  async count(path: string): Promise<number> {
    return (await this.hub.api.call<{ total: number }>('GET', path)).total;
  }

  async untilCount(what: string, path: string, count: number): Promise<void> {
    await waitFor(what, async () => (await this.count(path)) === count, {
      timeoutMs: 600_000,
      intervalMs: 250,
    });
  }

  memory(): MemoryUse {
    return memoryUse(this.hub.pid);
  }

  async stop(): Promise<void> {
    await this.agents.stop();
    await this.hub.stop();
  }
}
