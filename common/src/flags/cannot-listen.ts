/** Why a server could not listen, with the flag that names the address. */
export function cannotListen(flag: string, address: string, cause: Error): Error {
  const code = /\b(EADDRINUSE|EADDRNOTAVAIL|EACCES)\b/.exec(cause.message)?.[1] ?? '';
  const reason = reasons[code] ?? cause.message;
  return new Error(`cannot listen on ${address}: ${reason}; ${flag} takes another address`, { cause });
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there (EADDRINUSE)',
  EADDRNOTAVAIL: 'this machine does not have that address (EADDRNOTAVAIL)',
  EACCES: 'only root may use that port (EACCES)',
};
