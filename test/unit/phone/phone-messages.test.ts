import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { CountryCode } from '../../../src/phone/countries.ts';
import { callingCodesOf } from '../../../src/phone/countries.ts';
import { codeOf, fits } from '../../../src/phone/interpret.ts';
import { createNumberMatcher } from '../../../src/phone/matcher.ts';
import { isPhoneNumber, type PhoneNumber } from '../../../src/phone/number.ts';
import { createNumberReader } from '../../../src/phone/reader.ts';
import { MESSAGE_NUMBERS } from './message-numbers.ts';
import { TEXT_NUMBERS } from './text-numbers.ts';

const TEXTS = readFileSync(new URL('../../../local/demo-data/sms-messages.tsv', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.replace(/^[^\t]*\t/, ''));
const LABELS = new Map(
  MESSAGE_NUMBERS.trim()
    .split(/\s+/)
    .map((one) => {
      const [line = '', spans = ''] = one.split(':');
      return [Number(line) - 1, spans.split(',')] as const;
    }),
);

/** Every number whose digits stand in a text one after the other, whatever is among them, and that its plan knows. */
function numbersWithin(text: string, callingCode: string, lengths: readonly number[]): PhoneNumber[] {
  const digits = text.replace(/\D/g, '');
  const found = new Set<PhoneNumber>();
  for (let from = 0; from < digits.length; from += 1)
    for (const length of lengths) {
      const number = callingCode + digits.slice(from, from + length);
      if (from + length > digits.length || !isPhoneNumber(number)) continue;
      if (fits(codeOf(number).plan, number)) found.add(number);
    }
  return [...found];
}

describe('real messages', () => {
  it('hold the numbers a reader sees, and no price, date, code or short number is taken for one', () => {
    const wrong = TEXTS.flatMap((text, index) => {
      const seen = createNumberMatcher(numbersWithin(text, '44', [9, 10]), ['GB'])
        .find(text)
        .map(({ start, end, sure }) => `${start}-${end}${sure ? '' : '?'}`);
      const labelled = LABELS.get(index) ?? [];
      return JSON.stringify(seen) === JSON.stringify(labelled) ? [] : [{ line: index + 1, seen, labelled }];
    });
    expect(wrong).toEqual([]);
  });

  it('are found each by its own number, and by none of the others', () => {
    const reader = createNumberReader(['GB']);
    const numbers = new Map(
      [...LABELS].map(([index, spans]) => [
        index,
        spans.map((span) => {
          const [start, end] = span.split('-').map(Number);
          const reading = reader.read(TEXTS[index]?.slice(start, end));
          return reading.kind === 'number' ? reading.number : span;
        }),
      ]),
    );
    const all = createNumberMatcher([...new Set([...numbers.values()].flat())] as PhoneNumber[], ['GB']);
    expect(TEXTS.map((text) => all.find(text).map(({ number }) => number))).toEqual(
      TEXTS.map((_, index) => numbers.get(index) ?? []),
    );
  });
});

/** Texts of other countries, with every number in them; none of the other digits is one. */
const ABROAD: [CountryCode, string, readonly number[], string, string[]][] = [
  [
    'US',
    '1',
    [10],
    'Order A20-155-50: 2 x $1,450.00 on 11/26/2026 13:28, ref A1-220-555. Call (201) 555-0123',
    ['(201) 555-0123'],
  ],
  [
    'US',
    '1',
    [10],
    'Your code is 482913. Do not share. Reply STOP to 28849 or ring 201.555.0123 9am-5pm',
    ['201.555.0123'],
  ],
  ['US', '1', [10], 'Tracking 1Z999AA10123456784 arrives 12/24, 8-10. Bal: $2,015.55 0123 pts', []],
  ['US', '1', [10], 'lat 40.712776, -74.005974; build 6a2b2015550123ff; 10.20.155.50; 2026-11-26T13:28:17Z', []],
  [
    'IN',
    '91',
    [10],
    'Rs.12,500.00 debited A/c XX4321 on 26-11-26. UPI Ref 432109876543. Call 98765 43210',
    ['98765 43210'],
  ],
  [
    'IN',
    '91',
    [10],
    'OTP 739201 valid 10 min. PNR 23456789 DOJ 26-11-26, 18:30, S7 42; missed call: +91-98765-43210',
    ['+91-98765-43210'],
  ],
  [
    'SG',
    '65',
    [8],
    'Queue 1405, 1680, 1843. Fee $88.50, 9am to 5pm, lot 8-12. Call 9123 4567 or 6512 3456',
    ['9123 4567', '6512 3456'],
  ],
  ['SG', '65', [8], 'Send CHAT to 86688 150p/msg, STOP to 87070. 150p/wk, 26/11/2026 18:30', []],
  [
    'GB',
    '44',
    [9, 10],
    'Lottery 12, 34, 56, 78, 90. Score 3-2, 51.507351, -0.127758. £1,234.50 due 26/11/2026 by 17:00',
    [],
  ],
  [
    'GB',
    '44',
    [9, 10],
    'Sort 20-15-55 acc 01234567, ref 7700/A. Txt 64446 at 1.50 GBP, T&Cs 18+. 07700 900123',
    ['07700 900123'],
  ],
];

describe('messages of other countries', () => {
  it.each(ABROAD)('%s %s %j %p', (country, code, lengths, text, expected) => {
    const found = createNumberMatcher(numbersWithin(text, code, lengths), [country]).find(text);
    expect(found.filter(({ sure }) => sure).map(({ start, end }) => text.slice(start, end))).toEqual(expected);
  });
});

const MARKED = /«([^»=]+)=(\d+)»/g;

/** Every number of a country that its plan has assigned and whose digits stand in a text one after the other. */
function peopleWithin(text: string, countries: readonly CountryCode[]): PhoneNumber[] {
  return callingCodesOf(countries).flatMap((code) =>
    numbersWithin(text, code, [7, 8, 9, 10, 11]).filter(
      (number) => codeOf(number).plan?.knows(number.slice(code.length)) === true,
    ),
  );
}

describe('texts of many countries', () => {
  it.each(TEXT_NUMBERS)('of %s hold the numbers that a reader has marked, and no others', (served, texts) => {
    const countries = served.split(' ') as CountryCode[];
    const faults = texts.flatMap((line) => {
      const text = line.replace(MARKED, '$1');
      const marked = [...line.matchAll(MARKED)].map(([, written, number]) => `${written} ${number}`);
      const named = [...line.matchAll(MARKED)].map(([, , number]) => number as PhoneNumber);
      const people = [...new Set([...named, ...peopleWithin(text, countries)])];
      const seen = createNumberMatcher(people, countries)
        .find(text)
        .filter(({ sure }) => sure)
        .map(({ start, end, number }) => `${text.slice(start, end)} ${number}`);
      return JSON.stringify(seen) === JSON.stringify(marked) ? [] : [{ text, seen, marked }];
    });
    expect(faults).toEqual([]);
  });
});
