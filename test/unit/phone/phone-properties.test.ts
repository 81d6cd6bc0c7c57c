import { describe, expect, it } from '@jest/globals';
import type { CountryCode } from '../../../src/phone/countries.ts';
import { callingCodesOf } from '../../../src/phone/countries.ts';
import { maskNumber } from '../../../src/phone/mask.ts';
import { createNumberMatcher, maskMentions } from '../../../src/phone/matcher.ts';
import { isPossibleE164, type PhoneNumber } from '../../../src/phone/number.ts';
import { planOf, splitNumber } from '../../../src/phone/numbering-plan.ts';
import { createNumberReader } from '../../../src/phone/reader.ts';

/** Countries, and how long their national numbers are. */
const LENGTHS: [CountryCode, number[]][] = [
  ['GB', [10, 9]],
  ['US', [10]],
  ['BR', [10, 11]],
  ['IN', [10]],
  ['DE', [7, 9, 10, 11]],
  ['FR', [9]],
  ['IT', [9, 10]],
  ['ES', [9]],
  ['RU', [10]],
  ['NG', [10]],
  ['HU', [8, 9]],
  ['MX', [10]],
  ['AU', [9]],
  ['ZA', [9]],
  ['SG', [8]],
  ['DK', [8]],
  ['JP', [9, 10]],
  ['CN', [11]],
  ['TR', [10]],
  ['KE', [9]],
];

const ROUNDS = 30;

/** The same numbers each time: what fails can be looked at. */
function randomness(seed: number) {
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  return { below, pick };
}

type Random = ReturnType<typeof randomness>;

/** A possible number that its country's plan knows: bare digits of one that it does not may be somebody else's. */
function anyNumber(random: Random, country: CountryCode, lengths: readonly number[]): PhoneNumber {
  const [code = ''] = callingCodesOf([country]);
  for (;;) {
    const national = Array.from({ length: random.pick(lengths) }, () => random.below(10)).join('');
    if (isPossibleE164(code + national) && planOf(code)?.fits(national)) return (code + national) as PhoneNumber;
  }
}

/** A writing as people make them up: a head, and digits in groups of one to five. */
function anyWriting(random: Random, number: PhoneNumber): string {
  const { countryCode, national, trunk } = splitNumber(number);
  const separator = random.pick(['', ' ', '-', '.', ' - ', '\u00a0', '\u2011', '/', '\u200b']);
  const heads = [
    `+${countryCode}`,
    `00${countryCode}`,
    countryCode,
    `(+${countryCode})`,
    `+ ${countryCode}`,
    '%2B44'.replace('44', countryCode),
  ];
  if (trunk.startsWith('0')) heads.push(`+${countryCode} (${trunk})`, `00${countryCode}(${trunk})`);
  if (trunk !== '') heads.push(trunk, trunk);
  const mayOmit = trunk === '' || planOf(countryCode)?.writesTrunk(national) === false;
  if (mayOmit) heads.push('', '');
  const head = random.pick(heads);
  const groups: string[] = [];
  for (let from = 0; from < national.length; ) {
    const length = 1 + random.below(5);
    groups.push(national.slice(from, from + length));
    from += length;
  }
  const [first = '', ...rest] = groups;
  if ((head === trunk || head === '') && rest.length > 0 && random.below(4) === 0) {
    return `(${head}${first}) ${rest.join(separator)}`;
  }
  return head + (head === '' || head === trunk ? '' : separator) + groups.join(separator);
}

const digitless = 'Please ring Jo at the shop ' as const;
const BEFORE = ['', 'call ', 'Tel:', 'from=', 'x', '(', '"', 'Room 7, ', 'STOP to 87121 or ', '£5! ', digitless];
const AFTER = ['', ' now', 'asap', '.', ', ok', ')', '"', '; bye', ' x12', '\n', ' €', 'over18'];

describe.each(LENGTHS)('random numbers of %s', (country, lengths) => {
  const reader = createNumberReader([country]);

  it('are read from any writing as themselves, or not told at all', () => {
    const random = randomness(7);
    for (let round = 0; round < ROUNDS; round += 1) {
      const number = anyNumber(random, country, lengths);
      const writing = anyWriting(random, number);
      const reading = reader.read(writing);
      const numbers =
        reading.kind === 'number' ? [reading.number] : reading.kind === 'ambiguous' ? reading.numbers : [];
      expect([writing, numbers]).toEqual([writing, expect.arrayContaining([number])]);
    }
  });

  it('are found in a text, and masked with every other character left', () => {
    const random = randomness(11);
    for (let round = 0; round < ROUNDS; round += 1) {
      const number = anyNumber(random, country, lengths);
      const writing = anyWriting(random, number);
      const matcher = createNumberMatcher([number, anyNumber(random, country, lengths)], [country]);
      const [before, after] = [random.pick(BEFORE), random.pick(AFTER)];
      const text = before + writing + after;
      const mentions = matcher.find(text);
      expect([text, mentions.map((mention) => mention.number)]).toEqual([text, expect.arrayContaining([number])]);
      const masked = maskMentions(text, mentions);
      const [mention] = mentions;
      if (mention === undefined || mentions.length > 1) continue;
      expect(mention.start).toBeGreaterThanOrEqual(before.length);
      expect(mention.end).toBeLessThanOrEqual(before.length + writing.length);
      expect(masked).toBe(text.slice(0, mention.start) + maskNumber(number) + text.slice(mention.end));
      // What is left beside the mask is no digit of the number's.
      expect(
        (text.slice(before.length, mention.start) + text.slice(mention.end, before.length + writing.length)).replace(
          '%2B',
          '',
        ),
      ).not.toMatch(/\d/);
      expect(matcher.find(masked)).toEqual([]);
    }
  });

  it('have writings that are read as themselves', () => {
    const random = randomness(13);
    for (let round = 0; round < 5; round += 1) {
      const number = anyNumber(random, country, lengths);
      const { strings, integers } = reader.writings(number);
      expect(strings.length).toBeLessThan(450);
      const matcher = createNumberMatcher([number], [country]);
      for (const value of [...strings, ...integers]) {
        expect([value, reader.read(value)]).toEqual([value, { kind: 'number', number }]);
        const mentions = typeof value === 'string' ? matcher.find(value) : matcher.findNumber(String(value));
        expect([value, mentions.map(({ sure, whole }) => sure && whole)]).toEqual([value, [true]]);
      }
    }
  });
});
