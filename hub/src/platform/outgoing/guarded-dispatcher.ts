import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, EnvHttpProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import { isRefusedAddress } from './address-policy.js';
import { OutgoingError } from './outgoing-error.js';

const connectTimeoutMs = 5_000;
/** To one server; the rest waits for its turn. */
const connections = 8;

/** Connects to nothing that `isRefusedAddress`, whatever a name resolves to; through the proxy of the environment. */
export function guardedDispatcher(environment: NodeJS.ProcessEnv = process.env): Dispatcher {
  const options = { connections, connect: { timeout: connectTimeoutMs, lookup: guardedLookup } };
  const proxied = Object.keys(environment).some((name) => /^https?_proxy$/i.test(name));
  return proxied ? new EnvHttpProxyAgent(options) : new Agent(options);
}

/** Resolves a name where the connection is made, so that it cannot be another address than the one that was checked. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '');
    const open = addresses.filter(({ address }) => !isRefusedAddress(address));
    const [first] = open;
    if (!first)
      return callback(new OutgoingError(`${hostname} has only addresses that the hub does not talk to`), '');
    if (options.all) return callback(null, open);
    callback(null, first.address, first.family);
  });
};
