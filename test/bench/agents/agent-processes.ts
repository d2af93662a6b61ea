// Many simulated agents in a few processes of their own, so that they do not take the time of the one that measures.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AgentCalls, AnswerMessage, MovesOf } from './agent-calls.js';
import type { SimulatedAgentOptions } from './simulated-agent.js';

const program = fileURLToPath(new URL('./agents-process.js', import.meta.url));
const agentsOfProcess = 250;

export class AgentProcesses {
  readonly #hosts: AgentHost[] = [];
  readonly #hostOf = new Map<string, AgentHost>();

  /** Starts processes for the agents, which enrol. */
  async start(agents: readonly SimulatedAgentOptions[]): Promise<void> {
    for (let at = 0; at < agents.length; at += agentsOfProcess) {
      const host = new AgentHost();
      const own = agents.slice(at, at + agentsOfProcess);
      this.#hosts.push(host);
      for (const { name } of own) this.#hostOf.set(name, host);
      await host.call('start', own);
    }
  }

  /** Changes one object of an agent; gives the time of the change. */
  touch(agent: string, message: string): Promise<number> {
    return this.#hostOf.get(agent)!.call('touch', agent, message);
  }

  async touchAll(message: string): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.call('touchAll', message)));
  }

  /** Sessions that all agents have begun so far. */
  connections(): Promise<number> {
    return this.#sum('connections');
  }

  /** Moves that all agents have begun so far. */
  moveCount(): Promise<number> {
    return this.#sum('moveCount');
  }

  async moves(): Promise<readonly MovesOf[]> {
    return (await Promise.all(this.#hosts.map((host) => host.call('moves')))).flat();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop()));
  }

  async #sum(method: 'connections' | 'moveCount'): Promise<number> {
    const counts = await Promise.all(this.#hosts.map((host) => host.call(method)));
    return counts.reduce((sum, count) => sum + count, 0);
  }
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

class AgentHost {
  readonly #process: ChildProcess = fork(program, { stdio: ['ignore', 2, 2, 'ipc'] });
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #calls = 0;

  constructor() {
    this.#process.on('message', ({ id, value, error }: AnswerMessage) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) waiting?.reject(new Error(error));
      else waiting?.resolve(value as never);
    });
    this.#ended = new Promise((resolve) => {
      this.#process.once('exit', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error('the agents have ended'));
        resolve();
      });
    });
  }

  call<M extends keyof AgentCalls>(
    method: M,
    ...args: Parameters<AgentCalls[M]>
  ): Promise<ReturnType<AgentCalls[M]>> {
    this.#calls += 1;
    const id = this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, method, args });
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
