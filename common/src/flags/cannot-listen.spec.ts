import { describe, expect, it } from 'vitest';
import { cannotListen } from './cannot-listen.js';

describe('a server that cannot listen', () => {
  it.each([
    ['listen EADDRINUSE: address already in use 127.0.0.1:80', 'another program listens there (EADDRINUSE)'],
    [
      'No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use 127.0.0.1:80]',
      'another program listens there (EADDRINUSE)',
    ],
    ['listen EADDRNOTAVAIL: …', 'this machine does not have that address (EADDRNOTAVAIL)'],
    ['listen EACCES: permission denied', 'only root may use that port (EACCES)'],
    ['getaddrinfo ENOTFOUND hub.test', 'getaddrinfo ENOTFOUND hub.test'],
  ])('says why, and which flag names the address: %s', (said, reason) => {
    expect(cannotListen('--http-addr', '127.0.0.1:80', new Error(said)).message).toBe(
      `cannot listen on 127.0.0.1:80: ${reason}; --http-addr takes another address`,
    );
  });
});
