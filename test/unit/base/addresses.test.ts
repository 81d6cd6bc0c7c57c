import { describe, expect, it } from '@jest/globals';
import { isNetwork, isPublic, isWithin, listOf } from '../../../src/base/outgoing/addresses.ts';

describe('addresses', () => {
  it.each([
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
    // Where clouds have their metadata services.
    ...['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fe80::a9fe:a9fe'],
    ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '203.0.113.9', '::', '::1', 'fc00::1', 'fe80::1', 'ff02::1'],
    // IPv4 in the clothes of IPv6.
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:8.8.8.8',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001::1',
      '::127.0.0.1',
    ],
    ...['2001:db8::1', '', 'localhost', '127.1'],
  ])('%s is nobody else’s', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(['8.8.8.8', '172.15.255.255', '172.32.0.1', '169.253.0.1', '2606:4700:4700::1111', '2a00:1450::1'])(
    '%s is public',
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );

  it('networks are read, and what is none is refused', () => {
    for (const good of ['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0']) expect(isNetwork(good)).toBe(true);
    for (const bad of ['', '10.0.0.0/33', 'fd00::/129', '10/8', 'host', '10.0.0.0/8/8', '10.0.0.0/'])
      expect([bad, isNetwork(bad)]).toEqual([bad, false]);
    const list = listOf(['10.0.0.0/8', '::1']);
    expect(['10.9.9.9', '::1', '11.0.0.1', '::2'].map((one) => isWithin(list, one))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
