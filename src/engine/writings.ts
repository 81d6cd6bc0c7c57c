import type { CountryCode } from '../phone/countries.ts';
import { countriesOf } from '../phone/countries.ts';
import type { PhoneNumber } from '../phone/number.ts';
import { splitNumber } from '../phone/numbering-plan.ts';
import { createNumberReader } from '../phone/reader.ts';
import { roundedWritings } from '../phone/rounded.ts';

/** What a record may hold a number as, for equality searches. */
export interface NumberWritings {
  /** The dozen that nearly all records have: every search asks for these. */
  readonly usual: readonly string[];
  /** All that can be listed, some hundred: for the question whether anything is held at all, where the usual ones find nothing. */
  readonly every: readonly string[];
  readonly integers: readonly bigint[];
  /** What may be this number and another: for nobody's erasure, unless the map says so. */
  readonly doubtful: { readonly strings: readonly string[]; readonly integers: readonly bigint[] };
}

/**
 * The writings of a number. A search costs as many looks into an index as it has values, and many people's searches are
 * joined: what is not usual is left to the reading of the records themselves.
 * @param countries whose national writings are meant; the number's own country unless given
 */
export function writingsOf(
  number: PhoneNumber,
  countries: readonly CountryCode[] = countriesOf([number]),
): NumberWritings {
  const { strings, integers, doubtful } = createNumberReader(countries).writings(number);
  const { national, trunk, international, domestic } = splitNumber(number);
  const known = new Set(strings);
  const dialled = national.startsWith('0') ? national : trunk + national;
  const dashed = (text: string) => text.replaceAll(' ', '-');
  const likely = [
    ...[number, `+${number}`, `00${number}`, dialled, national],
    ...[international, domestic, dashed(international), dashed(domestic)],
  ];
  // What could be read as another person's is in none of the reader's writings.
  const usual = [...new Set(likely)].filter((text) => known.has(text));
  const rounded = [String(number), ...integers.map(String)].map(roundedWritings);
  return {
    usual,
    every: strings,
    integers,
    doubtful: {
      strings: [...new Set([...doubtful, ...rounded.flatMap((one) => one.strings)])],
      integers: [...new Set(rounded.flatMap((one) => one.integers))],
    },
  };
}
