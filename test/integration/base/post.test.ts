import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listOf } from '../../../src/base/outgoing/addresses.ts';
import { type OutgoingRules, postOutside } from '../../../src/base/outgoing/post.ts';
import { LIMITS } from '../../support/limits.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';

const NONE = listOf([]);
const OWN = listOf(['127.0.0.0/8']);
const never = new AbortController().signal;

describe('a post to a place that somebody outside has named', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver?.close());

  const post = (url: string, rules: Partial<OutgoingRules> = {}) =>
    postOutside({ url, headers: {}, body: '{}' }, { allowed: NONE, timeoutMs: LIMITS.answerMs, ...rules }, never);
  /** A name server that says another address each time. */
  const changing = (...addresses: string[]) => {
    const asked: string[] = [];
    const resolve: OutgoingRules['resolve'] = async (host) => {
      asked.push(host);
      return [{ address: addresses[Math.min(asked.length, addresses.length) - 1] ?? '', family: 4 }];
    };
    return { asked, resolve };
  };

  it('reaches no inner address, however it is written', async () => {
    const { port } = receiver;
    const hosts = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '0'];
    for (const host of hosts)
      expect([host, await post(`http://${host}:${port}/`)]).toEqual([host, { fault: 'address_refused' }]);
    expect(await post('https://169.254.169.254/latest/meta-data/')).toEqual({ fault: 'address_refused' });
    expect(await post(`http://[fd00:ec2::254]:${port}/`, { allowed: OWN })).toEqual({ fault: 'address_refused' });
    expect(receiver.received).toEqual([]);
  });

  it('connects to the address that was looked at: a name that means another one the next moment leads nowhere', async () => {
    const own = changing('127.0.0.1', '10.0.0.1');
    expect(await post(`http://example.org:${receiver.port}/`, { allowed: OWN, resolve: own.resolve })).toEqual({
      status: 204,
    });
    expect(own.asked).toEqual(['example.org']);
    const inner = changing('127.0.0.1', '8.8.8.8');
    expect(await post('https://example.org/', { resolve: inner.resolve })).toEqual({ fault: 'address_refused' });
    // One of several is enough to refuse them all.
    const both = async () => [
      { address: '8.8.8.8', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    expect(await post('https://example.org/', { resolve: both })).toEqual({ fault: 'address_refused' });
  });

  it('says nothing in the clear to the world, follows nobody, and does not wait for ever', async () => {
    expect(await post('http://example.org/', { resolve: changing('8.8.8.8').resolve })).toEqual({ fault: 'not_https' });
    expect(await post('http://example.org/', { resolve: async () => [] })).toEqual({ fault: 'name_not_found' });
    expect(await post(`https://127.0.0.1:${receiver.port}/`, { allowed: OWN })).toEqual({ fault: 'tls' });
    expect(await post('http://127.0.0.1:1/', { allowed: OWN })).toEqual({ fault: 'unreachable' });

    const before = receiver.received.length;
    receiver.answer(302, { location: receiver.url });
    expect(await post(receiver.url, { allowed: OWN })).toEqual({ status: 302 });
    expect(receiver.received).toHaveLength(before + 1);
    receiver.answer(null);
    expect(await post(receiver.url, { allowed: OWN, timeoutMs: 100 })).toEqual({ fault: 'timeout' });
    const hanging = () => new Promise<never>(() => {});
    expect(await post('http://example.org/', { timeoutMs: 50, resolve: hanging })).toEqual({ fault: 'timeout' });
  });
});
