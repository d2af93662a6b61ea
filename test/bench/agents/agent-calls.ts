// What the bench asks of a process of simulated agents, by the channel that Node gives a child process.
import type { Move, SimulatedAgentOptions } from './simulated-agent.js';

/** Moves of one agent. */
export interface MovesOf {
  readonly agent: string;
  readonly moves: readonly Move[];
}

export interface AgentCalls {
  /** Makes agents and has them enrol. */
  start(agents: readonly SimulatedAgentOptions[]): void;
  /** Changes one object of an agent; gives the time of the change. */
  touch(agent: string, message: string): number;
  /** Changes one object of every agent. */
  touchAll(message: string): void;
  /** Sessions that all agents have begun so far. */
  connections(): number;
  /** Moves that all agents have begun so far. */
  moveCount(): number;
  moves(): readonly MovesOf[];
}

export interface CallMessage {
  readonly id: number;
  readonly method: keyof AgentCalls;
  readonly args: readonly unknown[];
}

export interface AnswerMessage {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}
