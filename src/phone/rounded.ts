import type { PhoneNumber } from './number.ts';

/** A number as a spreadsheet shows it in a narrow column: five or six digits are left of it. */
const ROUNDED = /^[\s'"]*(\d\.\d{4,5})[Ee]\+?0?(\d{1,2})[\s'"]*$/;
const LONGEST_TEXT = 30;
/** The same, read back as a whole number. */
const ROUNDED_INTEGER = /^\d{6}0{3,}$/;

const SIGNIFICANT = [5, 6] as const;
const MOST_SIGNIFICANT = 6;
/** Rounding must have lost something. */
const SHORTEST_NUMBER = 9;

/** Says which of some numbers a rounded value may be. */
export interface RoundedIndex {
  find(text: string): readonly PhoneNumber[];
  findInteger(digits: string): readonly PhoneNumber[];
}

/**
 * The numbers that values may be which have lost their last digits: `4.47701E+11`. Such a value is nobody's for sure.
 * @param needles the digits of each number as a number column holds them, with and without its calling code
 */
export function createRoundedIndex(
  needles: readonly { readonly number: PhoneNumber; readonly digits: string }[],
): RoundedIndex {
  let index: Map<string, PhoneNumber[]> | undefined;
  const built = () => {
    if (index !== undefined) return index;
    index = new Map();
    for (const { number, digits } of needles)
      for (const key of new Set([number, digits].flatMap(roundingsOf))) {
        const some = index.get(key) ?? [];
        if (!some.includes(number)) index.set(key, [...some, number]);
      }
    return index;
  };
  return {
    find(text) {
      if (text.length > LONGEST_TEXT) return [];
      const [, mantissa, exponent] = ROUNDED.exec(text) ?? [];
      return mantissa === undefined ? [] : (built().get(`${mantissa}e+${Number(exponent)}`) ?? []);
    },
    findInteger: (digits) =>
      ROUNDED_INTEGER.test(digits) ? (built().get(Number(digits).toExponential(MOST_SIGNIFICANT - 1)) ?? []) : [],
  };
}

/** What a spreadsheet makes of a number: for look-ups of what may be it. */
export function roundedWritings(number: string): { strings: string[]; integers: bigint[] } {
  const roundings = roundingsOf(number);
  const strings = roundings.flatMap((text) => {
    // Spreadsheets write two digits at least.
    const padded = text.replace(/\+(\d)$/, '+0$1');
    return [padded.replace('e', 'E'), padded];
  });
  const integers = roundings.slice(-1).map((text) => BigInt(Number(text)));
  return { strings, integers: integers.filter((value) => value !== BigInt(number)) };
}

function roundingsOf(digits: string): string[] {
  if (digits.length < SHORTEST_NUMBER || !/^[1-9]\d*$/.test(digits)) return [];
  return SIGNIFICANT.map((count) => Number(digits).toExponential(count - 1));
}
