import { networkInterfaces } from 'node:os';
import type { ListenAddress } from '@flotilla/common/flags/flag-schemas';

/** Where a server listens that was given no host: every interface, by IPv6 where the machine has it. */
export function listenHost({ host }: ListenAddress): string {
  if (host !== '') return host;
  const six = Object.values(networkInterfaces()).some((list) =>
    list?.some(({ family }) => family === 'IPv6'),
  );
  return six ? '::' : '0.0.0.0';
}
