import { isPossibleE164, type PhoneNumber } from './number.ts';

// What a numbering plan's data do not tell, or tell no more, and people and platforms still write.

/** Prefixes before national digits beside the trunk prefix, by calling code. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  // Mexico, until 2019: to the whole country, to mobile numbers, to those of another area.
  52: ['01', '044', '045'],
  // Brazil: a zero, and the carrier that the caller chooses.
  55: ['12', '14', '15', '21', '22', '23', '25', '31', '41', '43', '55', '65', '99'].map((carrier) => `0${carrier}`),
};

/** @param countryCode its calling code */
export function otherPrefixesOf(countryCode: string): readonly string[] {
  return PREFIXES[countryCode] ?? [];
}

const MEXICAN = /^52([1-9]\d{9})$/;
const BRAZILIAN_MOBILE = /^(55[1-9][1-9])9?([6-9]\d{7})$/;

/**
 * The same line in international digits of other days, which WhatsApp goes on using: Mexico had a 1 before its mobile
 * numbers, and Brazil put a 9 before its own.
 */
export function formerNumbersOf(number: PhoneNumber): PhoneNumber[] {
  const [, mexican] = MEXICAN.exec(number) ?? [];
  if (mexican !== undefined) return [`521${mexican}` as PhoneNumber];
  const [, area, line] = BRAZILIAN_MOBILE.exec(number) ?? [];
  if (area === undefined) return [];
  return [`${area}${line}`, `${area}9${line}`].filter((one) => one !== number && isPossibleE164(one)) as PhoneNumber[];
}

const MEXICAN_WRITING = /^(?:(?:00|011)?521|01|044|045)([1-9]\d{9})$/;

/** The number that digits are which no plan knows; null where they are none of these writings. */
export function readOtherWriting(digits: string): PhoneNumber | null {
  const [, national] = MEXICAN_WRITING.exec(digits) ?? [];
  return national === undefined ? null : (`52${national}` as PhoneNumber);
}
