import { Metadata, parsePhoneNumberFromString } from 'libphonenumber-js/min';
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
    trunk: trunkPrefix(countryCode),
    international: parsed.formatInternational(),
    domestic: parsed.formatNational(),
  };
}

/**
 * The plan's trunk prefix. Formatting a number does not give it reliably: a possible number that no format rule covers
 * is written without one. The library carries the prefix but leaves it out of its types.
 */
function trunkPrefix(countryCode: string): string {
  const metadata = new Metadata() as unknown as PlanMetadata;
  metadata.selectNumberingPlan(undefined, countryCode);
  return metadata.numberingPlan?.nationalPrefix() ?? '';
}

interface PlanMetadata {
  selectNumberingPlan(country: undefined, callingCode: string): void;
  numberingPlan?: { nationalPrefix(): string | undefined };
}
