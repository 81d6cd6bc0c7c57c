import { describe, expect, it } from '@jest/globals';
import { listOf } from '../../../../src/base/outgoing/addresses.ts';
import { faultOfUrl } from '../../../../src/ledger/webhooks/url.ts';

const NONE = listOf([]);
const OWN = listOf(['10.1.0.0/16', 'fd00::/8']);
const INNER = 'must not be an address of an inner network';
const PLAIN = 'must begin with https://';

describe('the address of a webhook', () => {
  it.each<[text: string, allowed: typeof NONE, fault: string | undefined]>([
    ['https://example.org/hook?a=b', NONE, undefined],
    ['https://8.8.8.8/', NONE, undefined],
    ['https://[2606:4700::1]/', NONE, undefined],
    [`https://example.org/${'x'.repeat(1_980)}`, NONE, undefined],
    [`https://example.org/${'x'.repeat(1_981)}`, NONE, 'must have 2000 characters at most'],
    ['example.org', NONE, 'must be a URL'],
    ['http://example.org/', NONE, PLAIN],
    ['http://example.org/', OWN, undefined],
    ['ftp://example.org/', OWN, PLAIN],
    ['https://jo@example.org/', NONE, 'must hold no user and no password'],
    ['https://:secret@example.org/', NONE, 'must hold no user and no password'],
    ['https://example.org/#there', NONE, 'must have no fragment'],
    ['https://10.1.2.3/', NONE, INNER],
    ['https://10.1.2.3/', OWN, undefined],
    ['https://10.2.2.3/', OWN, INNER],
    ['https://[::1]/', OWN, INNER],
    ['http://[fd00::1]/', OWN, undefined],
  ])('%s', (text, allowed, fault) => {
    expect(faultOfUrl(text, allowed)).toBe(fault);
  });
});
