import { parsePhoneNumberFromString as parseClosely } from 'libphonenumber-js/max';
import { Metadata, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import mobileNumbers from 'libphonenumber-js/mobile/examples';
import { type CountryCode, mainCountryOf } from './countries.ts';
import type { PhoneNumber } from './number.ts';

/** A number taken apart by its country's numbering plan. */
export interface NumberParts {
  /** One to three digits: `44`. Empty where no plan is known for the number. */
  countryCode: string;
  /** The national significant number, without any trunk prefix: `7700900123`. */
  national: string;
  /** What is dialled before the national number inside the country: `0` in Britain, `8` in Russia, empty in Denmark. */
  trunk: string;
  /** The usual international writing, `+44 7700 900123`; empty where no plan is known. */
  international: string;
  /** The usual national writing, `07700 900123`; empty where no plan is known. */
  domestic: string;
}

/** Splits a number by its country's plan. Never throws; an unknown country gives the whole number as `national`. */
export function splitNumber(number: PhoneNumber): NumberParts {
  const parsed = parsePhoneNumberFromString(`+${number}`);
  if (parsed === undefined || parsed.number !== `+${number}`) {
    return { countryCode: '', national: number, trunk: '', international: '', domestic: '' };
  }
  const countryCode = parsed.countryCallingCode;
  return {
    countryCode,
    national: number.slice(countryCode.length),
    trunk: planOf(countryCode)?.trunk ?? '',
    international: parsed.formatInternational(),
    domestic: parsed.formatNational(),
  };
}

/** How many digits stand in each group of a national number: `[4, 6]`. */
export type Grouping = readonly number[];

/** The numbering plan that the countries of one calling code share. */
export interface Plan {
  readonly callingCode: string;
  /** The main country of the calling code. */
  readonly country: CountryCode;
  /**
   * What is dialled before the national number inside the country; empty where nothing is. Formatting a number does not
   * give it reliably: a possible number that no format rule covers is written without one.
   */
  readonly trunk: string;
  /** What is dialled there before an international number, where it is one thing: `00`, `011`; else empty. */
  readonly exit: string;
  /** Does a national number fit the plan's pattern? Not asked to refuse one: plans change faster than any library. */
  fits(national: string): boolean;
  /** Is a national number in a range that was assigned when the library was made? Less is known of tomorrow's. */
  knows(national: string): boolean;
  /** How long national mobile numbers are; 0 where there are none. */
  readonly mobileLength: number;
  /** Must the trunk prefix stand in this number's national writing (Britain), or may it be left out (India)? */
  writesTrunk(national: string): boolean;
  /** How the plan's formats group this national number (`[[4, 6]]`), and others of its length. */
  groupings(national: string): { readonly usual: readonly Grouping[]; readonly others: readonly Grouping[] };
}

/** @returns null for a calling code of no country: satellites, freephone, or none at all */
export function planOf(callingCode: string): Plan | null {
  const known = plans.get(callingCode);
  if (known !== undefined) return known;
  const country = mainCountryOf(callingCode);
  // Only true calling codes are kept, of which there are some two hundred.
  if (country === undefined) return null;
  const plan = readPlan(callingCode, country);
  plans.set(callingCode, plan);
  return plan;
}

const plans = new Map<string, Plan>();

/** North American area and office codes begin with 2 to 9, whatever area codes are yet to come. */
const NORTH_AMERICAN = /^(?:[2-9]\d\d){2}\d{4}$/;

/** What the library's patterns leave out. Brazil: a number of eleven digits is a mobile one, with a 9 behind its area. */
const SHAPES: Readonly<Record<string, string>> = { 55: '(?!\\d\\d[0-8]\\d{8}$)' };

function readPlan(callingCode: string, country: CountryCode): Plan {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  const source = metadata.numberingPlan as unknown as PlanMetadata;
  const trunk = source.nationalPrefix() || '';
  const shape = SHAPES[callingCode] ?? '';
  const pattern = callingCode === '1' ? NORTH_AMERICAN : new RegExp(`^${shape}(?:${source.nationalNumberPattern()})$`);
  const exit = source.defaultIDDPrefix() || source.IDDPrefix();
  const formats = source.formats().map((format) => ({
    whole: new RegExp(`^(?:${format.pattern()})$`),
    leading: format.leadingDigitsPatterns().map((leading) => new RegExp(`^(?:${leading})`)),
    writesTrunk: writesTrunk(format, trunk),
  }));
  const isFor = ({ whole, leading }: (typeof formats)[number], national: string) =>
    whole.test(national) && (leading.at(-1)?.test(national) ?? true);

  return {
    callingCode,
    country,
    trunk,
    exit: /^\d+$/.test(exit) ? exit : '',
    fits: (national) => pattern.test(national),
    knows: (national) => parseClosely(`+${callingCode}${national}`)?.isValid() === true,
    mobileLength: mobileNumbers[country]?.length ?? 0,
    writesTrunk: (national) =>
      trunk !== '' &&
      (formats.find((format) => isFor(format, national)) ?? formats.find((format) => format.writesTrunk))
        ?.writesTrunk === true,
    groupings: (national) => {
      const usual = formats.filter((format) => isFor(format, national));
      const others = formats.filter((format) => !usual.includes(format) && format.whole.test(national));
      const groupsOf = ({ whole }: (typeof formats)[number]) =>
        (whole.exec(national) ?? []).slice(1).map((group) => group.length);
      return { usual: usual.map(groupsOf), others: others.map(groupsOf) };
    },
  };
}

function writesTrunk(format: FormatMetadata, trunk: string): boolean {
  const rule = format.nationalPrefixFormattingRule() || '';
  return rule.replace(/\D/g, '').startsWith(trunk) && !format.nationalPrefixIsOptionalWhenFormattingInNationalFormat();
}

/** The library carries these and leaves them out of its types; a 0 stands for what a plan does not have. */
interface PlanMetadata {
  nationalPrefix(): string | 0 | undefined;
  nationalNumberPattern(): string;
  IDDPrefix(): string;
  defaultIDDPrefix(): string | 0 | undefined;
  formats(): FormatMetadata[];
}

interface FormatMetadata {
  pattern(): string;
  leadingDigitsPatterns(): string[];
  nationalPrefixFormattingRule(): string | 0 | undefined;
  nationalPrefixIsOptionalWhenFormattingInNationalFormat(): boolean;
}
