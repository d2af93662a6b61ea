// A process that holds some of the simulated agents, and does what its parent asks.
import type { AgentCalls, AnswerMessage, CallMessage } from './agent-calls.js';
import { SimulatedAgent } from './simulated-agent.js';

/** Agents of this process that enrol at the same time; more would only wait for each other. */
const atOnce = 10;

const agents = new Map<string, SimulatedAgent>();

const calls: AgentCalls = {
  start(wanted) {
    const left = wanted.map((options) => {
      const agent = new SimulatedAgent(options);
      agents.set(options.name, agent);
      return agent;
    });
    const next = (): void => {
      const agent = left.shift();
      if (agent) void agent.start().then(next);
    };
    for (let place = 0; place < atOnce; place += 1) next();
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
