import { BlockList, isIP } from 'node:net';

/** Where machines and clouds keep what only they may read, and addresses that no service has. */
const refused = new BlockList();
refused.addSubnet('0.0.0.0', 8, 'ipv4');
refused.addSubnet('169.254.0.0', 16, 'ipv4');
refused.addSubnet('224.0.0.0', 3, 'ipv4');
// Metadata and agent services of clouds outside of 169.254.0.0/16.
refused.addAddress('100.100.100.200', 'ipv4');
refused.addAddress('168.63.129.16', 'ipv4');
refused.addAddress('::', 'ipv6');
refused.addSubnet('fe80::', 10, 'ipv6');
refused.addSubnet('ff00::', 8, 'ipv6');
refused.addAddress('fd00:ec2::254', 'ipv6');
refused.addAddress('fd20:ce::254', 'ipv6');

/** NAT64 and 6to4 lead to the IPv4 address that is in them. */
const carriers = new BlockList();
carriers.addSubnet('64:ff9b::', 96, 'ipv6');
carriers.addSubnet('2002::', 16, 'ipv6');

/** Whether the hub never talks to an address: link-local, metadata of clouds, multicast, unspecified. */
export function isRefusedAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  const version = isIP(plain);
  if (version === 0) return true;
  if (version === 4) return refused.check(plain, 'ipv4');
  return refused.check(plain, 'ipv6') || carriers.check(plain, 'ipv6');
}

/** Whether a list of hosts (`name`, `name:port`, `*.domain`) lets an address of a server through; an empty one all. */
export function isAllowedHost(allowed: readonly string[], { hostname, port, protocol }: URL): boolean {
  if (allowed.length === 0) return true;
  const name = hostname.toLowerCase().replace(/\.$/, '');
  const effective = port || (protocol === 'https:' ? '443' : '80');
  return allowed.some((entry) => {
    const [, host = '', wanted] = /^(.*?)(?::(\d+))?$/.exec(unbracketed(entry.toLowerCase())) ?? [];
    if (wanted !== undefined && wanted !== effective) return false;
    return host.startsWith('*.') ? name.endsWith(host.slice(1)) : host === unbracketed(name);
  });
}

/** `[::1]:80` has its port behind the bracket; what is left has to be told from `::1`. */
function unbracketed(text: string): string {
  return text.replace(/^\[([0-9a-f:.]+)\]/, (_, six: string) => six.replaceAll(':', '_'));
}
