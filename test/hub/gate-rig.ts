// A server that a test answers for, and the probes of a hub that ask it, anew for each test of the file.
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { startLoopback } from '../servers/loopback.js';
import type { Loopback, LoopbackAnswer, LoopbackRequest } from '../servers/loopback.js';
import { startGateWorld } from './gate-world.js';
import type { GateWorld } from './gate-world.js';

type Answer = (request: LoopbackRequest) => LoopbackAnswer | undefined | Promise<LoopbackAnswer | undefined>;

/** What FLOTILLA_GATE_KEY holds, which nobody may ever see. */
export const secret = 's3cret-of-the-gate';

export interface GateRig {
  readonly server: Loopback;
  readonly world: GateWorld;
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly last: LoopbackRequest;
  answer: Answer;
}

/** Starts them with the tests of the file. */
export function gateRig(): GateRig {
  let server: Loopback;
  let world: GateWorld;
  const rig: GateRig = {
    get server() {
      return server;
    },
    get world() {
      return world;
    },
    get host() {
      return new URL(server.url).host;
    },
    get last() {
      const last = server.requests.at(-1);
      if (!last) throw new Error('nothing has been asked');
      return last;
    },
    answer: () => undefined,
  };
  beforeAll(async () => {
    server = await startLoopback((request) => rig.answer(request));
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    world = startGateWorld();
    vi.stubEnv('FLOTILLA_GATE_KEY', `${secret}\n`);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await world.stop();
  });
  return rig;
}
