import { BlockList, isIP } from 'node:net';

/** Networks that nobody outside may have us talk to (IANA special-purpose registries, RFC 6890): this host, private, link-local with the metadata services of clouds, shared, documentation, multicast, reserved. */
const INNER_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
];
/** Only global unicast is let through of IPv6, and of that not what stands for something else, such as IPv4 addresses. */
const OUTER_V6 = '2000::/3';
const INNER_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const inner = listOf([...INNER_V4, ...INNER_V6]);
const outer = listOf([OUTER_V6]);

/** Networks by their addresses: `10.0.0.0/8`, or a single address. */
export type Networks = BlockList;

/** Is it an address, or an address and the length of a prefix? */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
}

/** @param networks each as `isNetwork` has it */
export function listOf(networks: readonly string[]): Networks {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
  }
  return list;
}

/** Is the address in one of the networks? */
export function isWithin(networks: Networks, address: string): boolean {
  return networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Does the address belong to the public internet? What is no address does not. */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || isWithin(inner, address)) return false;
  return family === 4 || isWithin(outer, address);
}
