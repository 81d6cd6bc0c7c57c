import { describe, expect, it } from '@jest/globals';
import { shapeOf, templateOf } from '../../../../src/ops/numbers/shape.ts';
import { createSpotter } from '../../../../src/ops/numbers/spot.ts';

const spotter = createSpotter(['GB']);
const shape = (value: unknown) => shapeOf(value, spotter.read(value)?.number ?? null);

describe('shapeOf', () => {
  it.each([
    ['447700900123', '447#########'],
    ['+44 7700 900123', '+44 7### ######'],
    ['00447700900123', '00447#########'],
    ['07700 900123', '07### ######'],
    ['(07700) 900123', '(07###) ######'],
    [7700900123, '7#########'],
    ['whatsapp:+447700900123', 'whatsapp:+447#########'],
    ['447700900123@c.us', '447#########@c.us'],
    ['447700900123:3@s.whatsapp.net', '447#########:#@s.whatsapp.net'],
    ['sip:447700900123@acme.example.org', 'sip:447#########@x.x.x'],
    ['07700900123 (Orla)', '########### (x)'],
    ['Jörg 12345', 'x #####'],
    ['\u202a+447700900123\u202c', '\\u202a+447#########\\u202c'],
    ['123456789012345678@lid', '#…@lid'],
    [new Date(), 'date'],
    [null, 'null'],
    [['447700900123'], 'array'],
  ])('%j is written %s', (value, expected) => {
    expect(shape(value)).toBe(expected);
  });

  it('shows little of a long text', () => {
    expect(shape('my-number-is-'.repeat(20))).toHaveLength(41);
  });
});

describe('templateOf', () => {
  it.each([
    ['447700900123@c.us', 'whatsapp'],
    ['whatsapp:+447700900123', 'twilio'],
    ['sip:447700900123@example.org', 'sip'],
    ['wab-447700900123', 'wab-{number}'],
    ['msisdn-447700900123', 'msisdn-{number}'],
    ['phone:+447700900123', 'phone:{+number}'],
    ['acme:447700900123:2026-10-01', '*:{number}:*'],
    ['7#+447700900123', '*#{+number}'],
    ['tel:+447700900123', null],
    ['call 7:447700900123', null],
    ['+447700900123', null],
  ])('%s is %s', (text, expected) => {
    expect(templateOf(text)).toBe(expected);
  });
});

describe('a spotter', () => {
  const spot = (text: string) => spotter.spot(text).map(({ start, end }) => text.slice(start, end));

  it.each([
    ['call Orla on 07700 900123 now', ['07700 900123']],
    ['+447700900456, +447700900123, and 3 others', ['+447700900456', '+447700900123']],
    ['hook?from=%2B447700900123', ['447700900123']],
    ['order 1234567 of 2026-10-01 10:00:00 for 12.50', []],
    ['64d000000000000000000001', []],
    ['192.168.100.200', []],
    ['at 0.7700900123 each', []],
    ['ring +49 1512 3456789', ['+49 1512 3456789']],
  ])('sees in %j %j', (text, expected) => {
    expect(spot(text)).toEqual(expected);
  });

  it.each([
    ['447700900123', true],
    ['+4915123456789', true],
    ['4915123456789', false],
  ])('is as sure of %s as can be: %s', (value, sure) => {
    expect(spotter.read(value)?.sure).toBe(sure);
  });

  it.each(['198.51.100.7', '0.7700900123', '.7700900123'])('reads no number in %s', (value) => {
    expect(spotter.read(value)).toBeNull();
  });

  it('lets nothing be shown that may be a number', () => {
    expect([447700900123, '4915123456789', 'x +447700900123 y', 'AMAZON', 12].map(spotter.mayHold)).toEqual([
      ...[true, true, true],
      ...[false, false],
    ]);
  });
});
