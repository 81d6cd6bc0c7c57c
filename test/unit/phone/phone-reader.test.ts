import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import type { CountryCode } from '../../../src/phone/countries.ts';
import { createNumberMatcher, maskMentions } from '../../../src/phone/matcher.ts';
import type { PhoneNumber } from '../../../src/phone/number.ts';
import { createNumberReader } from '../../../src/phone/reader.ts';

const { Long, Decimal128, Double } = mongoose.mongo;

const BRITISH = '447700900123' as PhoneNumber;

/** Where a look-up by equality finds it, and where the reader alone does. */
const IN_LOOK_UPS: unknown[] = [
  // What is stored as a rule.
  ...['447700900123', '+447700900123', '00447700900123', '07700900123', '7700900123'],
  ...['+44 7700 900123', '07700 900123', 447700900123, 7700900123],
  // Ordinary.
  ...['+44 7700 900 123', '07700 900 123', '+44 7700900123', '0044 7700900123', '(07700) 900123', '+44-7700-900123'],
  ...['+44.7700.900123', '+44 (0)7700 900123', '+44(0)7700900123', '+4407700900123', '07700-900123'],
  ...['+44-7700-900-123', '0044 7700 900123', '44 7700 900123', '07700.900123', '07700-900-123', '07700.900.123'],
  ...['(+44) 7700 900123', '+44 (0) 7700 900123', '+44 (7700) 900123', '7700 900123', '07700/900123', '077 0090 0123'],
  // Imports.
  ...['447700900123 ', ' 447700900123', '+447700900123\r', '07700900123\n', '\ufeff447700900123', "'+447700900123"],
  ...["'07700900123", '447700900123.0', '4.47700900123E+11', '447,700,900,123', '%2B447700900123', '"447700900123"'],
  ...[' 07700 900123 ', '+44 7700 900123 ', '\u200b447700900123', '7700900123.0', '+44\u00a07700\u00a0900123'],
  // Phones.
  ...[
    '\u202a+447700900123\u202c',
    '\u202a+44 7700 900123\u202c',
    '４４７７００９００１２３',
    '+٤٤٧٧٠٠٩٠٠١٢٣',
    '++447700900123',
  ],
  ...['+00447700900123', '011447700900123', '0011447700900123', 'tel:+447700900123', 'tel:447700900123'],
  ...[4407700900123, Long.fromString('447700900123'), new Double(7700900123), Decimal128.fromString('4407700900123')],
];

const BY_THE_READER: unknown[] = [
  ...[
    '0-7-7-0-0-9-0-0-1-2-3',
    '077 00 90 01 23',
    '+44 (0)77-009-00123',
    '0044(0)7700 900.123',
    '00 44 (0) 7700 900123',
  ],
  ...[
    '+4\u200b4770\u200b0900123',
    '\u2066+44 7700 900123\u2069',
    '٠٧٧٠٠٩٠٠١٢٣',
    '۰۷۷۰۰۹۰۰۱۲۳',
    '०७७००९००१२३',
    '𝟎𝟕𝟕𝟎𝟎𝟗𝟎𝟎𝟏𝟐𝟑',
  ],
  '0\ufe0f\u20e37\ufe0f\u20e37\ufe0f\u20e30\ufe0f\u20e30\ufe0f\u20e39\ufe0f\u20e30\ufe0f\u20e30\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e3',
  ...[
    'whatsapp:+447700900123',
    'sip:+447700900123@gw',
    'sip:447700900123@10.0.0.1:5060;user=phone',
    '447700900123@c.us',
  ],
  ...['447700900123@s.whatsapp.net', '447700900123:12@s.whatsapp.net', 'wab-447700900123', 'sms:07700900123'],
  ...['Jo <+447700900123>', '"Jo Q." <sip:+447700900123@gw.example>', '+447700900123 x123', '+44 7700 900123 ext. 12'],
  ...['https://wa.me/447700900123', 'tel://+44-7700-900123', '="07700900123"', '+07700 900123', '(07700 900123)'],
  ...[
    '%2B44%207700%20900123',
    '%2B44+7700+900123',
    'whatsapp%3A%2B447700900123',
    '4.47700900123e11',
    '+44\t7700\n900123',
  ],
  ...[
    '‘07700 900123’',
    '\u200e+44 7700 900123\u200e',
    '０７７００ ９００１２３',
    '+44\u20117700\u2011900123',
    '07700·900·123',
  ],
  ...[-447700900123, Long.fromString('-447700900123'), Decimal128.fromString('4.47700900123E+11'), 447700900123n],
];

const nameOf = (value: unknown) => `${typeof value} ${JSON.stringify(String(value))}`;

describe('on a British account', () => {
  const reader = createNumberReader(['GB']);
  const matcher = createNumberMatcher([BRITISH], ['GB']);
  const { strings, integers } = reader.writings(BRITISH);

  it.each(IN_LOOK_UPS.map((value) => [nameOf(value), value]))('looks %s up', (_name, value) => {
    if (typeof value === 'string') expect(strings).toContain(value);
    else expect(integers.map(Number)).toContain(Number(String(value)));
  });

  it.each([...IN_LOOK_UPS, ...BY_THE_READER].map((value) => [nameOf(value), value]))(
    'reads and finds %s',
    (_name, value) => {
      expect(reader.read(value)).toEqual({ kind: 'number', number: BRITISH });
      const mentions = typeof value === 'string' ? matcher.find(value) : matcher.findNumber(String(value));
      expect(mentions).toEqual([
        { start: expect.any(Number), end: expect.any(Number), number: BRITISH, sure: true, whole: true },
      ]);
      if (typeof value !== 'string') return;
      expect(matcher.mayHold(value)).toBe(true);
      const masked = maskMentions(value, mentions);
      expect(masked).toContain('44********23');
      expect(matcher.find(masked)).toEqual([]);
    },
  );

  it.each(
    [
      // Its digits are lost.
      '4.47701E+11',
      '447700900123,447700900124',
      '447700900123;447700900124',
      '447700900123 447700900124',
      '["447700900123"]',
      '447700900123-1600000000@g.us',
      '447700900123@lid',
      'call 07700 900123 now',
      '447700900123.5',
      '44********23',
      '',
      'ACME',
      '61234',
      '+44',
      '7'.repeat(400),
      447700900123.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      0,
      1e300,
      null,
      undefined,
      true,
      {},
      [],
      ['447700900123'],
      { number: '447700900123' },
      new Date(447700900123),
      Buffer.from('447700900123'),
      new mongoose.mongo.ObjectId('447700900123447700900123'),
      new mongoose.mongo.Timestamp({ t: 2079460, i: 123 }),
    ].map((value) => [nameOf(value), value]),
  )('reads no number in %s', (_name, value) => {
    expect(reader.read(value)).toEqual({ kind: 'none' });
  });

  it.each(['JE', 'GG', 'IM'])('counts the numbers of %s as its own', () => {
    expect(reader.read('01534 509999')).toEqual({ kind: 'number', number: '441534509999' });
    expect(reader.writings('447797812345' as PhoneNumber).strings).toContain('07797 812345');
  });

  it('writes a number the same each time, some hundred strings without repeats', () => {
    expect(new Set(strings).size).toBe(strings.length);
    expect(strings.length).toBeLessThan(400);
    expect(createNumberReader(['GB'])).toBe(reader);
    expect(reader.writings(BRITISH)).toBe(reader.writings(BRITISH));
  });

  it('writes a number of a country that is not served internationally only', () => {
    const american = reader.writings('12015550123' as PhoneNumber);
    expect(american.strings).toEqual(expect.arrayContaining(['+1 201 555 0123', '+1 (201) 555-0123', '12015550123']));
    expect(american.strings).not.toContain('(201) 555-0123');
    expect(american.integers).toEqual([12015550123n]);
  });

  it('knows of a number without a plan its digits alone', () => {
    const { strings, integers } = reader.writings('999123456789' as PhoneNumber);
    expect(strings).toEqual(expect.arrayContaining(['999123456789', '+999123456789', '00999123456789']));
    expect(integers).toEqual([999123456789n]);
    expect(createNumberMatcher(['999123456789' as PhoneNumber], ['GB']).find('to +999 123 456 789')).toHaveLength(1);
  });
});

/** Countries of the account, the number, and writings: looked up, and read. */
const ABROAD: [CountryCode, string, (string | number)[]][] = [
  [
    'US',
    '12015550123',
    ['(201) 555-0123', '201-555-0123', '201.555.0123', '2015550123', 2015550123, '+1 (201) 555-0123'],
  ],
  [
    'US',
    '12015550123',
    ['+1-201-555-0123', '1-201-555-0123', '1 (201) 555-0123', '12015550123', '(201)555-0123', '1.201.555.0123'],
  ],
  [
    'BR',
    '5541988887777',
    ['(41) 98888-7777', '41 98888-7777', '41988887777', '+55 41 98888-7777', '041988887777', '+55 (41) 98888-7777'],
  ],
  [
    'IN',
    '919876543210',
    ['98765 43210', '9876543210', '098765 43210', '+91 98765 43210', '+91-9876543210', 9876543210, '987-654-3210'],
  ],
  [
    'DE',
    '493012345678',
    ['030 12345678', '030/12345678', '(030) 12345678', '+49 30 12345678', '+49 (0)30 12345678', '03012345678'],
  ],
  [
    'FR',
    '33612345678',
    ['06 12 34 56 78', '06.12.34.56.78', '0612345678', '+33 6 12 34 56 78', '+33 (0)6 12 34 56 78', '06-12-34-56-78'],
  ],
  ['IT', '390612345678', ['06 1234 5678', '0612345678', '+39 06 1234 5678', 612345678, '+39 0612345678']],
  ['IT', '393331234567', ['333 123 4567', '3331234567', '+39 333 123 4567', '333-1234567']],
  [
    'RU',
    '74951234567',
    [
      '8 (495) 123-45-67',
      '8 495 123-45-67',
      '84951234567',
      '+7 (495) 123-45-67',
      '+7 495 123-45-67',
      '8-495-123-45-67',
      '(495) 123-45-67',
    ],
  ],
  ['NG', '2348031234567', ['0803 123 4567', '08031234567', '+234 803 123 4567', 8031234567, '0803-123-4567']],
  ['HU', '36301234567', ['06 30 123 4567', '06301234567', '+36 30 123 4567', '06-30-123-4567']],
  ['MX', '525512345678', ['55 1234 5678', '5512345678', '+52 55 1234 5678']],
  ['AR', '5491123456789', ['011 15-2345-6789', '+54 9 11 2345-6789']],
  ['AU', '61412345678', ['0412 345 678', '0412345678', '+61 412 345 678', 412345678]],
  ['SG', '6591234567', ['9123 4567', '91234567', '+65 9123 4567', 91234567]],
  ['DK', '4532123456', ['32 12 34 56', '32123456', '+45 32 12 34 56']],
];

describe.each(ABROAD)('on an account of %s', (country, number, values) => {
  const reader = createNumberReader([country]);
  const matcher = createNumberMatcher([number as PhoneNumber], [country]);
  const { strings, integers } = reader.writings(number as PhoneNumber);

  it.each(values)(`looks up, reads and finds ${number} as %p`, (value) => {
    if (typeof value === 'string') expect(strings).toContain(value);
    else expect(integers).toContain(BigInt(value));
    expect(reader.read(value)).toEqual({ kind: 'number', number });
    const mentions = typeof value === 'string' ? matcher.find(value) : matcher.findNumber(String(value));
    expect(mentions.map(({ sure, whole }) => [sure, whole])).toEqual([[true, true]]);
  });
});

describe('what may be two people’s', () => {
  const ambiguous: [CountryCode[], string | number, string[]][] = [
    [['GB'], '2079460123', ['442079460123', '2079460123']],
    [['GB'], '2015550123', ['442015550123', '2015550123']],
    [['GB'], '201-555-0123', ['442015550123', '2015550123']],
    [['GB'], '(201) 555-0123', ['442015550123']],
    [['GB'], '212-555-0123', ['442125550123']],
    [['GB'], '+7700900123', ['447700900123']],
    [['GB', 'US'], '2015550123', ['442015550123', '12015550123']],
    [['GB', 'US'], '(201) 555-0123', ['442015550123', '12015550123']],
    [['GB', 'US'], 2015550123, ['442015550123', '12015550123']],
    [['GB', 'IN'], '07700900123', ['447700900123', '917700900123']],
    // In no range that the served country has assigned, and in one of Denmark's.
    [['US'], '4532123456', ['14532123456', '4532123456']],
  ];
  it.each(ambiguous)('on %j %p is ambiguous', (countries, value, numbers) => {
    const reading = createNumberReader(countries).read(value);
    expect(reading).toEqual({ kind: 'ambiguous', numbers: expect.arrayContaining(numbers) });
    const matcher = createNumberMatcher(numbers as PhoneNumber[], countries);
    const mentions = typeof value === 'string' ? matcher.find(value) : matcher.findNumber(String(value));
    expect(mentions.map(({ number }) => number).sort()).toEqual([...numbers].sort());
    expect(mentions.every(({ sure }) => !sure)).toBe(true);
    for (const number of numbers) {
      const { strings, doubtful } = createNumberReader(countries).writings(number as PhoneNumber);
      expect(strings).not.toContain(value);
      if (value === numbers[0]) expect(doubtful).toContain(value);
    }
  });

  const decided: [CountryCode[], string | number, string][] = [
    // National where Americans are served.
    [['US'], '2015550123', '12015550123'],
    [['US'], '(201) 555-0123', '12015550123'],
    // A plus and an exit code leave no doubt.
    [['US'], '+2015550123', '2015550123'],
    [['US'], '011 20 15550123', '2015550123'],
    [['GB'], '+2079460123', '2079460123'],
    // As a number it lost its zero.
    [['GB'], 2079460123, '442079460123'],
    // No American office code begins with a zero.
    [['GB', 'US'], '7700900123', '447700900123'],
    [['GB', 'US'], '07700 900123', '447700900123'],
    // Ireland has no number of this shape.
    [['IE', 'GB'], '07700900123', '447700900123'],
    // Another country's number in its whole length.
    [['NG'], '447700900123', '447700900123'],
    [['DE'], '447700900123', '447700900123'],
    [['GB'], '12015550123', '12015550123'],
    [['GB'], '1 (201) 555-0123', '12015550123'],
    [['GB'], '(44) 7700 900123', '447700900123'],
    // India's plan knows no number of eight digits that begins so.
    [['IN'], '9198765432', '919198765432'],
    [['GB'], '0114 930 1234', '441149301234'],
    [['RU'], '84951234567', '74951234567'],
    // Nobody can be rung on a national number of this length, and another country's is in use.
    ...['IN', 'IT', 'TR', 'GR', 'CZ'].map((country): [CountryCode[], string, string] => [
      [country as CountryCode],
      '447700900123',
      '447700900123',
    ]),
    ...['IN', 'IT', 'SG', 'HK', 'CL', 'PH', 'BR'].map((country): [CountryCode[], string, string] => [
      [country as CountryCode],
      '12015550123',
      '12015550123',
    ]),
    [['SG'], '60168982522', '60168982522'],
    [['SG'], 60168982522, '60168982522'],
    [['NG'], '5511961234567', '5511961234567'],
    [['BR'], '61412345678', '61412345678'],
    // And where both are in use, the served country's.
    [['BR'], '41988887777', '5541988887777'],
    [['IN'], '9876543210', '919876543210'],
    [['CN'], '15062345678', '8615062345678'],
  ];
  it.each(decided)('on %j %p is %s', (countries, value, number) => {
    expect(createNumberReader(countries).read(value)).toEqual({ kind: 'number', number });
  });
});
