// A process that holds some of the simulated agents, and does what its parent asks.
import type { AgentCalls, AnswerMessage, CallMessage } from './agent-calls.js';
import { SimulatedAgent } from './simulated-agent.js';

/** Agents that enrol at the same time would only wait for each other. */
const startEveryMs = 4;

const agents = new Map<string, SimulatedAgent>();

const calls: AgentCalls = {
  start(wanted) {
    for (const [index, options] of wanted.entries()) {
      const agent = new SimulatedAgent(options);
      agents.set(options.name, agent);
      setTimeout(() => agent.start(), index * startEveryMs);
    }
  },
  touch(name, message) {
    const agent = agents.get(name);
    if (!agent) throw new Error(`no agent ${name}`);
    return agent.touch(message);
  },
  touchAll(message) {
    for (const agent of agents.values()) agent.touch(message);
  },
  connections: () => sum(({ connections }) => connections),
  moveCount: () => sum(({ moves }) => moves.length),
  moves: () => [...agents].map(([agent, { moves }]) => ({ agent, moves })),
};

process.on('message', ({ id, method, args }: CallMessage) => {
  process.send!(answer(id, () => (calls[method] as (...values: readonly unknown[]) => unknown)(...args)));
});
// Nobody is left to ask for anything.
process.on('disconnect', () => process.exit(0));

function sum(count: (agent: SimulatedAgent) => number): number {
  return [...agents.values()].reduce((total, agent) => total + count(agent), 0);
}

function answer(id: number, call: () => unknown): AnswerMessage {
  try {
    return { id, value: call() };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}
