/** Splits `host:port`; IPv6 hosts stand in brackets. @throws Error that says what is expected */
export function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  if (!match || !host)
    throw new Error(`"${address}" is no address; write host:port, e.g. hub.example.com:8443`);
  return { host, port: Number(match[3]) };
}
