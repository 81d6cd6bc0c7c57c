import { describe, expect, it } from '@jest/globals';
import type { CountryCode } from '../../../src/phone/countries.ts';
import { createNumberMatcher, maskMentions } from '../../../src/phone/matcher.ts';
import type { PhoneNumber } from '../../../src/phone/number.ts';

/** Served countries, whose number, the text, and what masking makes of it. */
type Row = [countries: string, number: string, text: string, masked: string];

const BRITISH = ['GB', '447700900123'] as const;
const AMERICAN = ['US', '12015550123'] as const;
const MEXICAN = ['MX', '525512345678'] as const;
const BRAZILIAN = ['BR', '5541988887777'] as const;
const MASKS: Readonly<Record<string, string>> = {
  GB: '44********23',
  US: '1********23',
  MX: '52********78',
  BR: '55*********77',
};

const at = ([country, number]: readonly [string, string], texts: readonly [string, string][]): Row[] =>
  texts.map(([text, masked]) => [country, number, text, masked.replace('#', MASKS[country] ?? '')]);

const FOUND: Row[] = [
  ...at(BRITISH, [
    ['07700~900~123', '#'],
    ['cafe0770090012316', 'cafe#16'.replace('#', MASKS.GB ?? '')],
    ['07700～900123', '#'],
    // Tags among the digits: they stay, so that each is closed.
    ['07700<b>900</b>123', '#<b></b>'],
    ['<span>07700</span> <span>900123</span>!', '<span>#</span><span></span>!'],
    ['07700 <span style="color:rgb(17, 85, 204)">900123</span>', '#<span style="color:rgb(17, 85, 204)"></span>'],
    ['<b>0</b>7700 900123', '<b>#</b>'],
    ['07700<br/>900<wbr>123', '#<br/><wbr>'],
    ['Room 7<br>7700 900123', 'Room 7<br>#'],
    ['1 <a href="tel:07700900123">07700 900123</a>', '1 <a href="tel:#">#</a>'.replace('#', MASKS.GB ?? '')],
  ]),
  ...at(AMERICAN, [
    // The group before is parted otherwise, or is no calling code.
    ['at 10:30 201-555-0123', 'at 10:30 #'],
    ['at 10.30 201-555-0123', 'at 10.30 #'],
    ['Suite 400 201-555-0123', 'Suite 400 #'],
    ['Suite 44 201-555-0123', 'Suite 44 #'],
    ['201-555-0123/0124', '#/0124'],
    ['1-20.1-55.5-0.1.2.3', '#'],
    ['(2 0 1) 5 5 5-0 1 2 3', '#'],
    ['1 - 2 0 1 - 5 5 5 - 0 1 2 3', '#'],
    ['201 555 01 23', '#'],
    ['201555-0123', '#'],
    // A column of numbers, and not an amount.
    ['2015550123.00', '#.00'],
    ['2,015,550,123', '#'],
  ]),
  // Prefixes and digits of other days.
  ...at(MEXICAN, [
    ['0445512345678', '#'],
    ['01 55 1234 5678', '#'],
    ['+52 1 55 1234 5678', '#'],
    ['5215512345678@c.us', '#@c.us'],
  ]),
  ...at(BRAZILIAN, [
    ['01541988887777', '#'],
    ['0 21 (41) 98888-7777', '#'],
    ['554188887777@s.whatsapp.net', '#@s.whatsapp.net'],
    ['(41) 8888-7777', '#'],
  ]),
  ['BR', '554188887777', '5541988887777@c.us', '55********77@c.us'],
  ['ES', '34858751017', 'from (858) 7510.17 now', 'from 34*******17 now'],
  // Pairs are an address's, too, but here a number's.
  ['DK', '4532123456', 'ring 32.12.34.56', 'ring 45******56'],
  ['NL', '31612345678', '06-12-34 56 78', '31*******78'],
];

/** The same digits that are somebody else's, or nobody's. */
const LEFT: [countries: string, number: string, text: string][] = [
  // Dates and times.
  ['IN', '202021021900', 'expiring on 2021-02-19 00:00:00'],
  ['IN', '2021021900', 'expiring on 2021-02-19 00:00:00'],
  ['US', '12311202620', 'paid 23-11-2026 20:15'],
  ['US', '12305201211', 'used on 23-05-2012 11:04:43'],
  ['TH', '6613122021', 'received 13/12/2021'],
  ['TH', '6662022154', 'visit on 24/06/2022 15.40'],
  ['TH', '6628032561', 'posted 28/03/2561'],
  ['GB', '448021711', 'payment on 08/02/17 11:17:37'],
  ['TH', '661090422', 'missed at 18:01 09/04/22'],
  // Amounts and lists.
  ['GB', '44112162200', 'plots of 90,112,162,200,300,351 sqft'],
  ['TH', '6610164000', 'premium 101,640.00 is due'],
  ['IN', '912500000025', 'prize pool 2,50,00,000 (2.5 cr)'],
  ['IN', '9173556652', 'Rs 7,35,566.52 crore'],
  ['US', '12015550123', '20.155.501,23 EUR'],
  ['US', '12015550123', 'balance 20155501.23'],
  ['US', '12015550123', 'balance 2015550123.45'],
  ['SG', '8226561663', 'bus 8,22,65,61,66,382'],
  ['SG', '822656166', 'bus 8,22,65,61,66,382'],
  ['TH', '661500030000', 'earn 15,000-30,000 a month'],
  ['TH', '6615003000', 'earn 1,500/3000 a day'],
  ['TH', '6612301730', 'today 12.30-17.30 only'],
  // Ids.
  ['GB', '447700900123', '?e=8b07700900123446587a0a7ac3b7'],
  ['GB', '447700900123', 'da39447700900123450d3255bfef95'],
  // A part of a number that a plus announces, though no plan knows it.
  ['GB', '73762692485', '+873762692485'],
  // Computers.
  ['US', '12325421552', 'from 23.254.215.52'],
  ['US', '11032088696', 'from 103.208.86.96'],
  ['GB', '447700900123', '<td>07700</td><td>900123</td>'],
  // A shop's own number in a tag's address is read as the text it is, and not skipped with the tag.
  ['GB', '447700900123', '07700 <a href="tel:+447700900456">900123</a>'],
  // The old form of somebody else's number.
  ['BR', '554138887777', '5541938887777'],
  ['MX', '525512345678', '5225512345678'],
];

/** What may be somebody else's: the request fails, and nothing is changed. */
const UNSURE: [countries: string, number: string, text: string][] = [
  ['SG', '6593385000', 'Tel 61 2 9338 5000'],
  ['SG', '6593385000', 'Tel 61 2 93385000'],
  ['SG', '6591234567', '60 9123 4567'],
  ['SG', '6583322650', '8332 2650 6006'],
  ['US', '12015550123', 'Suite 400 201 555 0123'],
  ['US', '12015550123', '20 15 55 01 23 / 06 12 34 56 78'],
  ['US', '18224593123', 'Tel: 82-2-459-3123, Seoul'],
  ['US', '18447470952', 'Tel: (84-4) 747 0952 / 46'],
];

const look = (countries: string, number: string, text: string) => {
  const served = countries.split(' ') as CountryCode[];
  return createNumberMatcher([number as PhoneNumber], served).find(text);
};

describe('a number in a text', () => {
  it.each(FOUND)('of %s, %s in %p', (countries, number, text, masked) => {
    expect(maskMentions(text, look(countries, number, text))).toBe(masked);
    expect(look(countries, number, masked)).toEqual([]);
  });

  it.each(LEFT)('of %s is not %s in %p', (countries, number, text) => {
    expect(look(countries, number, text)).toEqual([]);
  });

  it.each(UNSURE)('of %s may be %s in %p', (countries, number, text) => {
    expect(look(countries, number, text).map(({ sure }) => sure)).toEqual([false]);
  });
});
