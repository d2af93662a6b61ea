// A TCP proxy whose network can break in the two ways in which networks break: with a reset, or in silence.
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface FreezingProxy {
  /** host:port */
  readonly address: string;
  /** Resets every connection and refuses new ones. */
  cut(): void;
  /** Nothing passes any more, and nobody is told: packets are lost. */
  freeze(): void;
  /** New connections pass again. What was frozen stays so, as behind a router that has forgotten them. */
  mend(): void;
  stop(): Promise<void>;
}

/** Starts a proxy in front of `host:port`. */
export async function startFreezingProxy(target: string): Promise<FreezingProxy> {
  const [host, port] = target.split(':') as [string, string];
  const pairs = new Set<readonly [Socket, Socket]>();
  let mode: 'open' | 'cut' | 'frozen' = 'open';
  const server = createServer((client) => {
    if (mode === 'cut') return void client.destroy();
    const upstream = connect(Number(port), host);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [upstream, client] as const]) {
      one.on('error', () => undefined);
      one.on('close', () => {
        pairs.delete(pair);
        other.destroy();
      });
      if (mode === 'open') one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reset = (): void => pairs.forEach(([client]) => client.destroy());
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      mode = 'cut';
      reset();
    },
    freeze() {
      mode = 'frozen';
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream).pause();
        upstream.unpipe(client).pause();
      }
    },
    mend: () => void (mode = 'open'),
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      reset();
      await closed;
    },
  };
}
