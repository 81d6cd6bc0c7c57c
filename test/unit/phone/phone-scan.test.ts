import { describe, expect, it } from '@jest/globals';
import type { PhoneNumber } from '../../../src/phone/number.ts';
import { containsNumber, maskInText } from '../../../src/phone/scan.ts';

const NUMBER = '447700900123' as PhoneNumber;
const MASK = '44********23';
const MEGABYTE = 1_000_000;

/** Each text with the number in it, and the same text after masking. */
const WRITINGS: [string, string][] = [
  ['447700900123', MASK],
  ['+447700900123', MASK],
  ['00447700900123', MASK],
  ['07700900123', MASK],
  ['7700900123', MASK],
  ['call 07700 900 123 now', `call ${MASK} now`],
  ['+44 (0)7700-900123', MASK],
  ['+44 (0) 7700 900123', MASK],
  ['+44(0)7700900123', MASK],
  ['0044 7700 900123', MASK],
  ['00 44 (0) 7700 900 123', MASK],
  ['call07700900123now', `call${MASK}now`],
  ['44.7700.900.123', MASK],
  ['+44.7700900123', MASK],
  ['(07700) 900123', MASK],
  ['(07700 900123)', `(${MASK})`],
  ['(+44) 7700 900123', MASK],
  ['+(44) 7700 900123', MASK],
  ['(+447700900123)', `(${MASK})`],
  ['077 00 90 01 23', MASK],
  ['0-7-7-0-0-9-0-0-1-2-3', MASK],
  ['07700\u00a0900\u2009123', MASK],
  ['07700–900–123', MASK],
  ['07700/900123', MASK],
  ['07700_900_123', MASK],
  ['07700 - 900 - 123', MASK],
  ['07700,900,123', MASK],
  ['07700\n900123', MASK],
  ['\u202a+44 7700 900123\u202c', `\u202a${MASK}\u202c`],
  ['٠٧٧٠٠٩٠٠١٢٣', MASK],
  ['０７７００ ９００１２３', MASK],
  ['0\ufe0f\u20e37\ufe0f\u20e37\ufe0f\u20e30\ufe0f\u20e30\ufe0f\u20e3900123', MASK],
  ['tel:%2B447700900123', `tel:%2B${MASK}`],
  ['q=07700%20900%20123&x=1', `q=${MASK}&x=1`],
  // What stands for a character between the digits: in HTML, in quoted-printable, in JSON that was cut off.
  ['+44&nbsp;7700&#160;900&#xA0;123', MASK],
  ['<td>&#43;44 7700&thinsp;900&#8209;123</td>', `<td>&#43;${MASK}</td>`],
  ['=2B44=A07700=C2=A0900123', `=2B${MASK}`],
  ['+4477009=\r\n00123', MASK],
  ['"to":"\\u002B44\\u00a07700\\xa0900123', `"to":"\\u002B${MASK}`],
  // Tags of HTML that are seen as no gap stay, behind the mask.
  ['<b>07700</b> 900123', `<b>${MASK}</b>`],
  ['<td>0<span class="n">7700</span>900123</td>', `<td>${MASK}<span class="n"></span></td>`],
  ['<b>+44</b> 7700 900123', `<b>${MASK}</b>`],
  ['+44 7700<wbr>900123', `${MASK}<wbr>`],
  ['07700<!-- --> <!-- -->900123', `${MASK}<!-- --><!-- -->`],
  ['<strong>07700</strong><em style="color:#333">900123</em>', `<strong>${MASK}</strong><em style="color:#333"></em>`],
  ['{"html":"<b>07700<\\/b> 900123"}', `{"html":"<b>${MASK}<\\/b>"}`],
  ['<a href="tel:+447700900123">ring</a>', `<a href="tel:${MASK}">ring</a>`],
  ['5 <a href="tel:+447700900123">+44 7700 900123</a>', `5 <a href="tel:${MASK}">${MASK}</a>`],
  // And what does not.
  ['to=447700900123&n=2', `to=${MASK}&n=2`],
  ['a=1&amp;b=07700900123', `a=1&amp;b=${MASK}`],
  ['C:\\07700900123', `C:\\${MASK}`],
  ['https://wa.me/447700900123?text=hi', `https://wa.me/${MASK}?text=hi`],
  ['{"to":"447700900123","n":7}', `{"to":"${MASK}","n":7}`],
  ['{"to":447700900123}', `{"to":${MASK}}`],
  ['Free! Call 07700900123. Claim code K52', `Free! Call ${MASK}. Claim code K52`],
  ["T&C's apply 07700900123over18's", `T&C's apply ${MASK}over18's`],
  ['07700900123(10p/min)', `${MASK}(10p/min)`],
  ['TsCs0770090012316Winawk', `TsCs${MASK}16Winawk`],
  ['text STOP to 87121 07700900123', `text STOP to 87121 ${MASK}`],
  ['8712107700900123', `87121${MASK}`],
  ['costs 100 447700900123', `costs 100 ${MASK}`],
  ['row 10 7700900123', `row 10 ${MASK}`],
  ['+447700900124+447700900123', `+447700900124${MASK}`],
  ['+44 7700 900124 07700 900123', `+44 7700 900124 ${MASK}`],
  ['+447700900123 or 07700900123, ask', `${MASK} or ${MASK}, ask`],
  ['447700900123447700900123', MASK + MASK],
  ['+07700900123', MASK],
  ['+1 for 07700900123', `+1 for ${MASK}`],
  ['+1 07700900123', `+1 ${MASK}`],
];

const OTHER_TEXTS = [
  '',
  'no digits at all',
  '447700900124',
  '4477009001',
  '07700 900 12',
  '07700 900 x 123',
  '07700      900123',
  'ring 07700 and then 900123',
  '+20 7700900123',
  '+207700900123',
  '+20 7700 900123',
  '00207700900123',
  '0020 7700 900123',
  '77009001230',
  '97700900123',
  MASK,
  '{"a":7700,"b":900123}',
  '7700;900123',
  '<td>07700</td><td>900123</td>',
  '<p>07700</p>900123',
  'if 07700 <b and 900123> c',
  '2026-11-22T13:28:17.123Z',
];

describe('containsNumber', () => {
  it.each(WRITINGS)('sees the number in %p', (text) => {
    expect(containsNumber(text, NUMBER)).toBe(true);
  });

  it.each(OTHER_TEXTS)('sees none in %p', (text) => {
    expect(containsNumber(text, NUMBER)).toBe(false);
  });

  it('knows the prefixes of other countries', () => {
    expect(containsNumber('8 (495) 123-45-67', '74951234567' as PhoneNumber)).toBe(true);
    expect(containsNumber('0803 123 4567', '2348031234567' as PhoneNumber)).toBe(true);
    expect(containsNumber('1-555-555-0123', '15555550123' as PhoneNumber)).toBe(true);
    expect(containsNumber('(555) 555-0123', '15555550123' as PhoneNumber)).toBe(true);
    expect(containsNumber('+39 06 1234 5678', '390612345678' as PhoneNumber)).toBe(true);
    expect(containsNumber('+999 123 456 789', '999123456789' as PhoneNumber)).toBe(true);
  });
});

describe('maskInText', () => {
  it.each(WRITINGS)('masks %p', (text, masked) => {
    expect(maskInText(text, NUMBER)).toBe(masked);
  });

  it.each(OTHER_TEXTS)('leaves %p as it was', (text) => {
    expect(maskInText(text, NUMBER)).toBe(text);
  });

  it.each(WRITINGS)('leaves nothing of %p to find or to mask again', (text) => {
    const masked = maskInText(text, NUMBER);
    expect(containsNumber(masked, NUMBER)).toBe(false);
    expect(maskInText(masked, NUMBER)).toBe(masked);
  });
});

describe('on a megabyte of hostile text', () => {
  it.each([
    ['one digit', '7'],
    ['digits apart', '7 '],
    ['brackets', '('],
    ['pluses', '+'],
    ['escapes', '%20'],
    ['entities', '&#160;'],
    ['tags', '<b>7'],
    ['tags that never end', '<b '],
    ['lines that go on', '=\r\n'],
    ['spaces', ' '],
    ['the start of the number', '077009001'],
    ['the national digits without a break', '97700900123'],
    ['another country', '+207700900123 '],
  ])('finds no number in %s', (_name, unit) => {
    const text = unit.repeat(MEGABYTE / unit.length);
    expect(containsNumber(text, NUMBER)).toBe(false);
    expect(maskInText(text, NUMBER) === text).toBe(true);
  });

  // Compared as a boolean: a failure would print a megabyte.
  it('finds the number at its very end', () => {
    const padding = '0 (7) '.repeat(MEGABYTE / 6);
    expect(maskInText(`${padding}x07700900123`, NUMBER) === `${padding}x${MASK}`).toBe(true);
  });
});
