import { FEWEST_DIGITS } from './interpret.ts';

/** A number in octets of two digits each: where it stands, `end` exclusive, and how it would be written. */
export interface SemiOctets {
  readonly start: number;
  readonly end: number;
  readonly written: string;
}

/** Types of number by their octet: unknown, international, national; the first also without a numbering plan. */
const PLUSES: Readonly<Record<number, string>> = { 128: '', 129: '', 145: '+', 161: '' };

/** Is the octet a type of number? */
export const isTypeOfNumber = (octet: number) => octet in PLUSES;

const IS_TYPE = Uint8Array.from({ length: 256 }, (_, octet) => Number(isTypeOfNumber(octet)));

/** No number has more semi-octets, and none is that long. */
export const MOST_SEMI_OCTETS = 20;
const FILLER = 0xf;

/**
 * Numbers as the raw form of a short message holds them: a length, a type of number, and two digits an octet, the second
 * of them first. Linear in the octets.
 * @see 3GPP TS 23.040, 9.1.2.3 and 9.1.2.5
 */
export function* semiOctetsIn(octets: Uint8Array): Generator<SemiOctets> {
  for (let type = 1; type < octets.length - FEWEST_DIGITS / 2; type += 1) {
    if (IS_TYPE[octets[type] as number] === 0) continue;
    const plus = PLUSES[octets[type] as number];
    // How many digits follow, or, of a service centre, how many octets.
    const length = octets[type - 1] as number;
    if (length > MOST_SEMI_OCTETS) continue;
    for (const digits of new Set([readDigits(octets, type + 1, length), readOctets(octets, type + 1, length - 1)])) {
      if (digits === undefined) continue;
      const start = type + 1;
      yield { start, end: start + Math.ceil(digits.length / 2), written: plus + digits };
    }
  }
}

function readDigits(octets: Uint8Array, start: number, count: number): string | undefined {
  if (count < FEWEST_DIGITS || count > MOST_SEMI_OCTETS || start + count / 2 > octets.length) return undefined;
  let digits = '';
  for (let index = 0; index < count; index += 1) {
    const octet = octets[start + (index >> 1)] as number;
    const digit = index % 2 === 0 ? octet & 0xf : octet >> 4;
    if (digit > 9) return undefined;
    digits += digit;
  }
  const isFilled = count % 2 === 0 || (octets[start + (count >> 1)] as number) >> 4 === FILLER;
  return isFilled ? digits : undefined;
}

function readOctets(octets: Uint8Array, start: number, count: number): string | undefined {
  const last = octets[start + count - 1];
  return last === undefined ? undefined : readDigits(octets, start, count * 2 - (last >> 4 === FILLER ? 1 : 0));
}

/** Writes stars in place of the digits, as semi-octets have one, too. @param octets of a number, changed in place */
export function maskSemiOctets(octets: Uint8Array): void {
  const STAR = 0xa;
  octets.forEach((octet, index) => {
    octets[index] = ((octet >> 4 === FILLER ? FILLER : STAR) << 4) | STAR;
  });
}
